import { existsSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { unmountUnder } from "../mounts.ts";
import { deleteLink, waitForLinkToGo } from "../links.ts";
import { cgroupHierarchies, killCgroups } from "./cgroups.ts";
import { machineNames, type RunRef } from "./names.ts";

/** Where systemd-nspawn leaves empty folders of a container that it could not tidy up after. */
const nspawnFolders = ["/run/systemd/nspawn/propagate", "/run/systemd/nspawn/unix-export"];

/** Removes what systemd-nspawn itself leaves of a killed container. */
export async function removeNspawnTraces(nspawnName: string): Promise<void> {
    for (const folder of nspawnFolders) {
        const path = join(folder, nspawnName);
        await unmountUnder(path);
        await rm(path, { recursive: true, force: true });
    }
}

/** Removes the lock that systemd-nspawn keeps for a root folder, which it names after the folder's inode. */
async function removeNspawnLock(root: string): Promise<void> {
    if (!existsSync(root)) return;
    const { dev, ino } = await stat(root, { bigint: true });
    await rm(join("/run/systemd/nspawn/locks", `inode-${dev}:${ino}`), { force: true });
}

/**
 * The disaster: SIGKILL to every process of a machine at once, its network link and its disk gone. Total and
 * idempotent: after it returns nothing of the machine is left, also when there was only half of one.
 */
export async function killMachine(run: RunRef, name: string): Promise<void> {
    const names = machineNames(run, name);
    const groups = cgroupHierarchies().map((hierarchy) => join(hierarchy, names.cgroup));
    await killCgroups(groups.filter((group) => existsSync(group)));
    // The kernel takes the link away with the machine's network namespace, a moment after its last process.
    if (!(await waitForLinkToGo(names.veth, 1_000))) await deleteLink(names.veth);
    await removeNspawnLock(names.root);
    await unmountUnder(names.dir);
    await rm(names.dir, { recursive: true, force: true });
    await removeNspawnTraces(names.nspawn);
}
