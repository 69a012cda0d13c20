import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Progress } from "../scripts/progress.ts";
import { exclusively } from "./lock.mjs";

/**
 * The folder where everything that can be made again is kept: `$XDG_CACHE_HOME/slotkeeper`, or `~/.cache/slotkeeper`
 * when that is unset, empty or relative (the XDG base directory specification says to ignore it then).
 */
export function cacheDir(): string {
    const configured = process.env["XDG_CACHE_HOME"];
    const base = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), ".cache");
    return join(base, "slotkeeper");
}

/**
 * Does `work` while no other process with the same cache folder does work of that name, and says whom it waits for.
 * The lock goes with its process, so a crash never leaves one behind. Not re-entrant.
 */
export function withLock<T>(name: string, progress: Progress, work: () => Promise<T>): Promise<T> {
    const onWait = (owner: string) => {
        progress(`waiting for process ${owner}, which is busy with: ${name}`);
    };
    return exclusively(`${cacheDir()}\0${name}`, onWait, work);
}
