import { statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { SlotkeeperError } from "../errors.ts";
import { inspectFolder } from "./inspect-folder.ts";
import type { DrillPlan } from "./plan.ts";

/** What one slot of the sample app takes on average, with its share of the big ones (bytes). */
const bytesPerSampleSlot = 1_200_000;

/**
 * How often a fleet is on this disk at once. Of the sample: production's disk, the replica, staging's disk, and room for
 * history. A copied one, before that: the copy, its archive, the archive on the server, unpacked; and Litestream's own.
 */
const copies = { sample: 4, folder: 9 } as const;
/** The servers' programs (bytes). */
const programs = 1_500_000_000;

/**
 * Refuses a drill that would fill the disk.
 * @throws SlotkeeperError (usage) with what is free and what is needed.
 */
export async function requireSpace(folder: string, plan: DrillPlan): Promise<void> {
    const needed = (await fleetBytes(plan)) * copies[plan.source.kind] + programs;
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free < needed)
        throw new SlotkeeperError(
            "usage",
            `${gigabytes(free)} are free in ${folder}, and the drill needs ${gigabytes(needed)}`,
            "Free some space, point XDG_CACHE_HOME to a larger disk, or drill fewer slots (--slots).",
        );
}

/** Staging holds real data: in memory where that fits well, so that it never touches a disk. */
export async function stagingStorage(plan: DrillPlan, free = freemem()): Promise<"disk" | "memory"> {
    return ((await fleetBytes(plan)) + programs) * 2 < free ? "memory" : "disk";
}

async function fleetBytes({ source }: DrillPlan): Promise<number> {
    return source.kind === "sample" ? source.slots * bytesPerSampleSlot : (await inspectFolder(source.path)).bytes;
}

function gigabytes(bytes: number): string {
    return `${(bytes / 1e9).toFixed(1)} GB`;
}
