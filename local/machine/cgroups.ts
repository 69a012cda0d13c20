import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { mounts } from "../mounts.ts";
import { signal, waitUntil } from "../process.ts";

/**
 * The control group hierarchies in which a machine needs a group of its own: the unified one (cgroup v2, or the
 * tracking half of a hybrid host) and systemd's named one (v1). Without it `systemd-nspawn --keep-unit` puts every
 * machine into the same `payload` group, and their systemds take each other's services for their own.
 */
export function cgroupHierarchies(): string[] {
    return mounts()
        .filter(({ type, options }) => type === "cgroup2" || (type === "cgroup" && options.includes("name=systemd")))
        .map(({ path }) => path);
}

/**
 * Makes the group of that name in every hierarchy; returns the files to write a pid to in order to join.
 * @throws SlotkeeperError where there is no hierarchy: systemd cannot boot without.
 */
export function makeCgroups(name: string): string[] {
    const hierarchies = cgroupHierarchies();
    if (hierarchies.length === 0) {
        throw new SlotkeeperError(
            "usage",
            "no control groups are mounted on this machine, and systemd cannot boot without",
            "mount them: mount -t cgroup2 none /sys/fs/cgroup",
        );
    }
    return hierarchies.map((hierarchy) => {
        const group = join(hierarchy, name);
        mkdirSync(group, { recursive: true });
        return join(group, "cgroup.procs");
    });
}

/** Keeps the memory of a group's processes off the swap disk, where the hierarchy can (cgroup v2 with memory). */
export function forbidSwap(name: string): void {
    for (const hierarchy of cgroupHierarchies()) {
        const limit = join(hierarchy, name, "memory.swap.max");
        if (existsSync(limit)) writeFileSync(limit, "0");
    }
}

/** The groups at the top of each hierarchy whose name begins so. */
export function cgroupsNamed(prefix: string): string[] {
    return cgroupHierarchies().flatMap((hierarchy) =>
        readdirSync(hierarchy, { withFileTypes: true })
            .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
            .map((entry) => join(hierarchy, entry.name)),
    );
}

const gone = (error: unknown) => ["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "");

/** A group and all groups below it, the deepest first. */
function tree(group: string): string[] {
    try {
        const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
        return [...children.flatMap((child) => tree(join(group, child.name))), group];
    } catch (error) {
        if (gone(error)) return [];
        throw error;
    }
}

/** The processes in a group or below it, as far as this pid namespace can see them. */
export function cgroupMembers(group: string): number[] {
    return tree(group).flatMap((folder) => {
        try {
            const pids = readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").map(Number);
            return pids.filter((pid) => pid > 0 && pid !== process.pid);
        } catch (error) {
            if (gone(error)) return [];
            throw error;
        }
    });
}

/** SIGKILL to all in the groups at one instant where the kernel can (cgroup.kill: Linux 5.14), else to each. */
function killMembers(groups: string[]): void {
    for (const group of groups) {
        const killSwitch = join(group, "cgroup.kill");
        try {
            if (existsSync(killSwitch)) writeFileSync(killSwitch, "1");
        } catch (error) {
            if (!gone(error)) throw error;
        }
        for (const pid of cgroupMembers(group)) signal(pid, "SIGKILL");
    }
}

/** Removes a group and all below it; a group may stay busy for an instant after its last process has ended. */
async function removeGroup(group: string): Promise<void> {
    const removed = await waitUntil(() => {
        for (const folder of tree(group)) {
            try {
                rmdirSync(folder);
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EBUSY" && !gone(error)) throw error;
            }
        }
        return !existsSync(group);
    }, 5_000);
    if (!removed) throw new Error(`${group} is still in use`);
}

/**
 * Kills every process of the groups (which systemd-nspawn's child, its own groups and all, cannot leave), waits for
 * their end and removes the groups. Returns whether there was any. @throws when one will not die within 10 s.
 */
export async function killCgroups(groups: string[]): Promise<boolean> {
    const ended = await waitUntil(() => {
        killMembers(groups);
        return groups.every((group) => cgroupMembers(group).length === 0);
    }, 10_000);
    if (!ended) {
        const pids = groups.flatMap(cgroupMembers).join(", ");
        throw new Error(`processes ${pids} do not die of SIGKILL: they wait for a disk or a network file system`);
    }
    for (const group of groups) await removeGroup(group);
    return groups.length > 0;
}
