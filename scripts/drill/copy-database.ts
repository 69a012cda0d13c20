import { copyFile, open, rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";
import { SlotkeeperError } from "../errors.ts";

/**
 * Copies a database that may be in use, through SQLite's backup API, without making or changing any file beside it.
 * The copy is in WAL mode, as Litestream needs it.
 * @returns null, or why there is nothing sound to copy, in words.
 */
export async function copyDatabase(source: string, target: string): Promise<string | null> {
    try {
        const from = await openWithoutTrace(source, target);
        try {
            await from.backup(target, { progress: () => pagesAtOnce });
        } finally {
            from.close();
            for (const suffix of ["", "-wal", "-shm", "-journal"])
                await rm(`${asideOf(target)}${suffix}`, { force: true });
        }
        const copy = new Database(target);
        try {
            copy.pragma("journal_mode = WAL");
        } finally {
            copy.close();
        }
        return null;
    } catch (error) {
        if (!(error instanceof Database.SqliteError)) throw error;
        return error.code === "SQLITE_NOTADB"
            ? "it is not an SQLite database, or it is encrypted"
            : `${error.message} (${error.code})`;
    }
}

const pagesAtOnce = 16_384;

/**
 * Opens a database so that nothing appears beside it. A read-only connection to a WAL database would make -wal and
 * -shm files where there are none (sqlite.org/wal.html#read_only_databases), and a hot rollback journal would have to
 * be played back. In both cases nobody has the database open, so a copy of the files is opened instead; should somebody
 * begin to write meanwhile, that copy is thrown away, and all is looked at again.
 * @throws SlotkeeperError (usage) when the files never hold still.
 */
async function openWithoutTrace(source: string, target: string): Promise<Database.Database> {
    const aside = asideOf(target);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
        const before = await look(source);
        const inUse = before["-wal"] !== null && before["-shm"] !== null;
        const hotJournal = before["-journal"] !== null && before["-journal"].size > 0;
        if (inUse || !(hotJournal || (await isWal(source))))
            return new Database(source, { readonly: true, fileMustExist: true });

        for (const suffix of ["", "-wal", "-journal"] as const) {
            await rm(`${aside}${suffix}`, { force: true });
            if (before[suffix] !== null) await copyFile(`${source}${suffix}`, `${aside}${suffix}`).catch(ignoreMissing);
        }
        if (isDeepStrictEqual(before, await look(source))) return new Database(aside, { fileMustExist: true });
        await wait(50);
    }
    throw new SlotkeeperError(
        "usage",
        `${source} is opened, written and closed too often to be copied`,
        "Give --data a copy of the folder, or let the app hold its databases open.",
    );
}

const attempts = 100;

const files = ["", "-wal", "-shm", "-journal"] as const;

/** Size and times of a database's files; null for one that is not there. */
async function look(
    source: string,
): Promise<Record<(typeof files)[number], { size: number; changedAt: number } | null>> {
    const seen = await Promise.all(
        files.map(async (suffix) => {
            const found = await stat(`${source}${suffix}`).catch(ignoreMissing);
            return [suffix, found === undefined ? null : { size: found.size, changedAt: found.mtimeMs }] as const;
        }),
    );
    return Object.fromEntries(seen) as Awaited<ReturnType<typeof look>>;
}

function ignoreMissing(error: unknown): undefined {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
}

const asideOf = (target: string) => `${target}.source`;

/** Bytes 18 and 19 of the header are 2 in WAL mode (sqlite.org/fileformat2.html). */
async function isWal(path: string): Promise<boolean> {
    const file = await open(path);
    try {
        const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 18);
        return buffer[0] === 2;
    } finally {
        await file.close();
    }
}
