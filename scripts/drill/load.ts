import { join } from "node:path";
import { type Load, readLoadLog, startLoad } from "../../local/app/load.ts";
import type { BaselineDatabase, DatabaseWrites } from "./evidence.ts";
import type { Cloud } from "./world.ts";

/** The load of one drill, and the log of what was acknowledged. */
export interface RunningLoad {
    readonly load: Load;
    readonly logPath: string;
}

/** Starts to write to the app through its HTTP API, in all slots that production has. */
export function startLoadOn(
    appUrl: string,
    cloud: Cloud,
    baseline: readonly BaselineDatabase[],
    seed: number,
): RunningLoad {
    const logPath = join(cloud.run.dir, "load.jsonl");
    const slots = baseline.map(({ id }) => id).filter((id) => id !== "global");
    return { logPath, load: startLoad({ baseUrl: appUrl, token: cloud.appToken, logPath, seed, slots }) };
}

/** Ends the load, and returns what it did to each database. The promise may be awaited late, or not at all. */
export function writesOf({ load, logPath }: RunningLoad): Promise<ReadonlyMap<string, DatabaseWrites>> {
    const writes = load.stop().then(() => readLoadLog(logPath));
    // A rejection that nobody awaits yet would end the process, and with it the clean-up.
    writes.catch(() => undefined);
    return writes;
}
