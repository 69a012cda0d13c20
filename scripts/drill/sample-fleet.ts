import { buildApp } from "../../local/app/build.ts";
import { appProbes } from "../../local/app/probes.ts";
import type { DrillPlan } from "./plan.ts";
import type { Source } from "./source.ts";

/** The port of the sample app. */
const port = 3000;

const node = "/opt/slotkeeper/current/bin/node";

/** The sample app, which makes its own first data: `slots` of them, the same for the same seed. */
export async function sampleFleet({ catalogQuery, seed }: DrillPlan, slots: number): Promise<Source> {
    const archive = await buildApp();
    const data = ["--data", "/app/data"];
    return {
        fleet: {
            app: {
                archive,
                prepare: [node, "main.mjs", "seed", ...data, "--slots", String(slots), "--seed", String(seed)],
                serve: [
                    ...[node, "/opt/app/current/main.mjs", "serve", ...data],
                    ...["--host", "0.0.0.0", "--port", String(port), "--token-file", "/etc/slotkeeper/app-token"],
                ],
                port,
            },
            catalogQuery,
            digest: true,
            probes: appProbes,
        },
        originals: null,
    };
}
