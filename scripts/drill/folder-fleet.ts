import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { create } from "tar";
import { SlotkeeperError } from "../errors.ts";
import { readCatalog } from "../fleet/catalog.ts";
import { ObservePool } from "../fleet/observe-pool.ts";
import type { Observation } from "../fleet/result.ts";
import type { Progress } from "../progress.ts";
import { copyDatabase } from "./copy-database.ts";
import type { BaselineDatabase } from "./evidence.ts";
import { inspectFolder } from "./inspect-folder.ts";
import type { Source } from "./source.ts";

export interface FolderFleetArgs {
    /** Holds global.db and slots/*.db; only ever read. */
    readonly folder: string;
    readonly catalogQuery: string;
    /** An empty folder of the drill's own. */
    readonly scratch: string;
    readonly progress: Progress;
}

/**
 * Copies a user's fleet for a drill, through SQLite, and digests each copy. What is no database, or has no file, is
 * carried along with its problem: it must be named at the end, not skipped here.
 * @throws SlotkeeperError (usage) where there is no fleet to copy at all.
 */
export async function folderFleet({ folder, catalogQuery, scratch, progress }: FolderFleetArgs): Promise<Source> {
    const globalPath = join(folder, "global.db");
    const { slotFiles } = await inspectFolder(folder);
    await mkdir(join(scratch, "data", "slots"), { recursive: true });

    progress(`copying the global database and ${slotFiles.length} slots of ${folder}`);
    const globalCopy = join(scratch, "data", "global.db");
    const globalProblem = await copyDatabase(globalPath, globalCopy);
    if (globalProblem !== null)
        throw new SlotkeeperError(
            "usage",
            `${globalPath}: ${globalProblem}`,
            "Give --data a folder whose global.db is an SQLite database.",
        );
    const catalog = readCatalog(globalCopy, catalogQuery, "alone");
    if (catalog.problem !== null)
        throw new SlotkeeperError("usage", `${globalPath}: ${catalog.problem.message}`, catalog.problem.hint);

    const problems = new Map(catalog.refused.map(({ id, reason }) => [id, reason]));
    const copies = new Map([["global", globalCopy]]);
    for (const id of catalog.active) {
        const file = `${id}.db`;
        if (!slotFiles.includes(file)) {
            problems.set(id, `the catalog names it, but ${join(folder, "slots", file)} does not exist`);
            continue;
        }
        const copy = join(scratch, "data", "slots", file);
        const problem = await copyDatabase(join(folder, "slots", file), copy);
        if (problem === null) copies.set(id, copy);
        else problems.set(id, `${join(folder, "slots", file)}: ${problem}`);
    }
    const strangers = slotFiles.filter((file) => !(catalog.active as string[]).includes(basename(file, ".db")));
    if (strangers.length > 0)
        progress(`not in the catalog, so left out: ${strangers.map((name) => JSON.stringify(name)).join(", ")}`);

    progress("digesting every row, to compare with what comes back");
    const originals = await digestAll(copies);
    const archive = join(scratch, "data.tar");
    await create({ cwd: scratch, file: archive, portable: true }, ["data"]);
    return {
        fleet: {
            app: { archive, prepare: [...copyUnlessThere, "/app/data"], port: 3000 },
            catalogQuery,
            digest: true,
            probes: { global: [], slot: [] },
        },
        originals: [...originals, ...[...problems].map(([id, problem]) => ({ ...nothing(id), problem }))],
    };
}

/** First data only: on a server that has been recovered, the databases are those that were restored. */
const copyUnlessThere = ["sh", "-c", '[ -e "$1/global.db" ] || cp -r data/. "$1/"', "sh"];

async function digestAll(copies: ReadonlyMap<string, string>): Promise<BaselineDatabase[]> {
    const pool = new ObservePool();
    try {
        return await Promise.all(
            [...copies].map(async ([id, path]): Promise<BaselineDatabase> => {
                const seen = await pool.observe({ path, use: "alone", digest: true, probes: [] });
                const problem = damageOf(seen);
                return {
                    id,
                    schemaHash: seen.schemaHash,
                    digest: seen.digest,
                    tables: seen.tables,
                    probes: {},
                    problem,
                };
            }),
        );
    } finally {
        await pool.close();
    }
}

/** Why an original cannot be the measure of its restore: it is damaged itself. */
function damageOf({ integrity, foreignKeyViolations }: Observation): string | null {
    if (integrity[0] !== undefined) return `the original is damaged: ${integrity[0]}`;
    if (foreignKeyViolations > 0)
        return `the original has ${foreignKeyViolations} foreign-key violations (PRAGMA foreign_key_check)`;
    return null;
}

function nothing(id: string): Omit<BaselineDatabase, "problem"> {
    return { id, schemaHash: null, digest: null, tables: [], probes: {} };
}
