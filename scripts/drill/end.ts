import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheDir } from "../../local/cache.ts";
import { clearRun } from "../../local/run.ts";
import { SlotkeeperError } from "../errors.ts";

/**
 * Ends what `--keep` left of a run; returns a line for each thing removed.
 * @throws SlotkeeperError (notFound) when there is no such run.
 */
export async function endKeptRun(id: string): Promise<string[]> {
    const dir = join(cacheDir(), "runs", basename(id));
    if (existsSync(dir)) return clearRun(dir);
    throw new SlotkeeperError(
        "notFound",
        `there is no run ${JSON.stringify(id)}`,
        `Those that were kept are in ${dirname(dir)}.`,
    );
}
