import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keepRun } from "../../../local/run.ts";
import type { Progress } from "../../progress.ts";
import { bringUp, urnsOf } from "../stacks.ts";
import type { Cloud, Conduct, Site } from "../world.ts";
import { siteOf } from "./production.ts";

/** Brings production back from its own backups: a new server restores before it replicates. */
export async function rebuildProduction(conduct: Conduct, cloud: Cloud, production: Site): Promise<Site> {
    const replace = await urnsOf(production.stack, "server-machine");
    return siteOf(production.stack, cloud, await bringUp(production.stack, cloud.stacks, conduct.progress, replace));
}

/** Leaves the servers up, after the drill and without it, and says how to log in and how to end them. */
export async function keep(cloud: Cloud, sites: readonly Site[], progress: Progress): Promise<void> {
    const knownHosts = join(cloud.run.dir, "known_hosts");
    await writeFile(knownHosts, sites.map(({ server }) => `${server.host} ${server.hostKey}\n`).join(""));
    await keepRun(cloud.run);
    for (const { stack, server, appUrl } of sites) {
        progress(
            `${stack.name}: ssh -i ${cloud.ssh.keyFile} -o UserKnownHostsFile=${knownHosts} ${server.user}@${server.host}`,
        );
        if (appUrl !== null) progress(`${stack.name}: the app is at ${appUrl}`);
    }
    progress(`object store: ${cloud.store.endpoint}, bucket ${cloud.buckets.replica}`);
    progress(`end them with: npm run drill -- --end ${cloud.run.id}`);
}
