import { statfs } from "node:fs/promises";
import { SlotkeeperError } from "../../scripts/errors.ts";

const GIGABYTE = 1024 ** 3;

/** Refuses to begin work that needs more room than the file system of `folder` (which exists) has left. */
export async function requireFreeSpace(folder: string, bytes: number, work: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free >= bytes) return;
    throw new SlotkeeperError(
        "usage",
        `${work} needs ${(bytes / GIGABYTE).toFixed(1)} GB in ${folder}, and ${(free / GIGABYTE).toFixed(1)} GB are free`,
        "free some space, or set XDG_CACHE_HOME to a folder on a larger disk",
    );
}
