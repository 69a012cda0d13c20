import type { Progress } from "../progress.ts";
import type { BaselineDatabase } from "./evidence.ts";
import { folderFleet } from "./folder-fleet.ts";
import type { DrillPlan } from "./plan.ts";
import type { Fleet } from "./stack-config.ts";

/** The fleet that is drilled, and, where it is a copy, what each database must come back as. */
export interface Source {
    readonly fleet: Fleet;
    /** Null: ask production itself. */
    readonly originals: readonly BaselineDatabase[] | null;
}

/** The port of the sample app. */
const port = 3000;

const node = "/opt/slotkeeper/current/bin/node";

/** Makes ready what production will run: the sample app with its seed, or a copy of the user's databases. */
export async function prepareSource(plan: DrillPlan, scratch: string, progress: Progress): Promise<Source> {
    if (plan.source.kind === "folder")
        return folderFleet({ folder: plan.source.path, catalogQuery: plan.catalogQuery, scratch, progress });
    const [{ buildApp }, { appProbes }] = await Promise.all([
        import("../../local/app/build.ts"),
        import("../../local/app/probes.ts"),
    ]);
    const archive = await buildApp();
    const data = ["--data", "/app/data"];
    return {
        fleet: {
            app: {
                archive,
                prepare: [
                    node,
                    "main.mjs",
                    "seed",
                    ...data,
                    "--slots",
                    String(plan.source.slots),
                    "--seed",
                    String(plan.seed),
                ],
                serve: [
                    ...[node, "/opt/app/current/main.mjs", "serve", ...data],
                    ...["--host", "0.0.0.0", "--port", String(port), "--token-file", "/etc/slotkeeper/app-token"],
                ],
                port,
            },
            catalogQuery: plan.catalogQuery,
            digest: true,
            probes: appProbes,
        },
        originals: null,
    };
}
