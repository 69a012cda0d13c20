import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { removeFilter } from "./filter.ts";
import { deleteLink, waitForLinkToGo } from "./links.ts";
import { killCgroups } from "./machine/cgroups.ts";
import { killMachine, removeNspawnTraces } from "./machine/kill.ts";
import { isMachineName, type RunRef } from "./machine/names.ts";
import { unmountUnder } from "./mounts.ts";
import { signal, waitUntil } from "./process.ts";
import { findTraces } from "./traces.ts";

/** SIGKILL to every process of a run until there is none: one may start another while it is looked for. */
async function killProcesses(run: RunRef): Promise<void> {
    const ended = await waitUntil(
        () => {
            const { processes } = findTraces(run);
            for (const { pid } of processes) signal(pid, "SIGKILL");
            return processes.length === 0;
        },
        10_000,
        50,
    );
    if (!ended) throw new Error(`processes of run ${run.id} do not die of SIGKILL`);
}

/** The machines whose folders are there, half-made ones included. */
async function machinesIn(run: RunRef): Promise<string[]> {
    const folder = join(run.dir, "machines");
    return existsSync(folder) ? (await readdir(folder)).filter(isMachineName) : [];
}

/**
 * Ends and removes all that `findTraces` finds of a run: processes first, since they hold the rest, its folder last,
 * since it is what a later sweep would look for. @throws when something will not go.
 */
export async function clearTraces(run: RunRef): Promise<void> {
    await killProcesses(run);
    for (const name of await machinesIn(run)) await killMachine(run, name);
    const { cgroups, links, filters, nspawn } = findTraces(run);
    await killCgroups(cgroups);
    for (const link of links) {
        if (link.startsWith("sk-") || !(await waitForLinkToGo(link, 1_000))) await deleteLink(link);
    }
    for (const bridge of filters) await removeFilter(bridge);
    await unmountUnder(run.dir);
    for (const name of nspawn) await removeNspawnTraces(name);
    await rm(run.dir, { recursive: true, force: true });
}
