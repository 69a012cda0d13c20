import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { killMachine } from "../../../local/machine/kill.ts";
import type { Load } from "../../../local/app/load.ts";
import type { Cloud, Conduct, Site } from "../world.ts";
import type { Evidence } from "../evidence.ts";
import { askServer } from "./production.ts";

const replicationList = z.object({ databases: z.array(z.object({ id: z.string() })) });

/** Lets the app live under load, telling what goes on; shortly before its end asks Litestream what it replicates. */
export async function live(
    { plan, progress, signal }: Conduct,
    production: Site,
    load: Load,
): Promise<Evidence["replicated"]> {
    const end = Date.now() + plan.loadSeconds * 1000;
    let replicated: Evidence["replicated"] = null;
    while (Date.now() < end) {
        await wait(Math.min(2500, Math.max(1, end - Date.now())), undefined, { signal });
        const { acknowledged, slotsWritten, created, deactivated } = load.stats();
        progress(
            `${acknowledged} writes acknowledged in ${slotsWritten} slots; ${created} slots created, ${deactivated} deactivated`,
        );
        if (end - Date.now() < 5000 && replicated === null) replicated = await replicatedBy(production);
    }
    return replicated ?? (await replicatedBy(production));
}

/** What production's Litestream replicates just now. */
export async function replicatedBy(production: Site): Promise<Evidence["replicated"]> {
    const askedAt = Date.now();
    const { databases } = await askServer(production.server, "slotkeeper replication list --json", replicationList);
    return { askedAt, ids: databases.map((database) => database.id) };
}

/** The disaster: every process of production's server is killed at once, and its disk is gone. Returns when, in epoch ms. */
export async function disaster({ progress }: Conduct, cloud: Cloud): Promise<number> {
    const killedAt = Date.now();
    await killMachine(cloud.run, "production");
    progress("production is gone: SIGKILL to every process, its disk removed");
    return killedAt;
}
