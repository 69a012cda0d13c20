import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearRun, isOwned, showLife } from "./run.ts";

/** How often to look whether the owner lives. */
const lookEveryMs = 500;

/**
 * The reaper of one run: waits beside it until the run's folder is gone (then there is nothing to do) or its owner is
 * dead (then it clears the run). Started by openRun as `node reaper.ts <run folder>`.
 */
async function reap(dir: string): Promise<void> {
    while (existsSync(join(dir, "run.json"))) {
        if (!(await isOwned(dir))) {
            await clearRun(dir);
            return;
        }
        await showLife(dir).catch(() => undefined);
        await sleep(lookEveryMs);
    }
}

const dir = process.argv[2];
if (dir === undefined) throw new Error("usage: reaper.ts <run folder>");
await reap(dir);
