import { copyFile, open, rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";

/**
 * Copies a database that may be in use, through SQLite's backup API, without making or changing any file beside it.
 * The copy is in WAL mode, as Litestream needs it.
 * @returns null, or why there is nothing sound to copy, in words.
 */
export async function copyDatabase(source: string, target: string): Promise<string | null> {
    try {
        const from = await openWithoutTrace(source, target);
        if (from === null)
            return "it is opened, written to and closed all the time: keep a connection to it open meanwhile, or stop what writes";
        try {
            await from.backup(target, { progress: () => pagesAtOnce });
        } finally {
            from.close();
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
    } finally {
        for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(`${asideOf(target)}${suffix}`, { force: true });
    }
}

const pagesAtOnce = 16_384;
const attempts = 20;
/** A writer in rollback mode locks readers out while it commits. */
const lockTimeoutMs = 30_000;

/**
 * Opens a database so that nothing appears beside it, in a read transaction: the copy is of one moment, and no writer
 * makes the backup begin again. A read-only connection to a WAL database would make -wal and -shm files where there
 * are none (sqlite.org/wal.html#read_only_databases), and a hot rollback journal would have to be played back. In both
 * cases nobody has the database open, so a copy of the files is opened instead. Null where somebody always wrote to
 * the files while they were copied.
 */
async function openWithoutTrace(source: string, target: string): Promise<Database.Database | null> {
    for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) await wait(100);
        const inUse = (await sizeOf(`${source}-wal`)) !== null && (await sizeOf(`${source}-shm`)) !== null;
        const opened = inUse || !(await isWal(source)) ? reading(source, { readonly: true }) : null;
        if (opened !== null) return opened;
        const aside = await copyFiles(source, target);
        if (aside !== null) return reading(aside, {});
    }
    return null;
}

/**
 * A connection in a read transaction; null where it may only read, and a hot journal must be played back first
 * (sqlite.org/rescode.html#readonly_rollback).
 */
function reading(path: string, options: { readonly?: boolean }): Database.Database | null {
    const database = new Database(path, { ...options, fileMustExist: true, timeout: lockTimeoutMs });
    try {
        database.exec("BEGIN");
        database.prepare("SELECT count(*) FROM sqlite_master").get();
        return database;
    } catch (error) {
        database.close();
        if (error instanceof Database.SqliteError && error.code === "SQLITE_READONLY_ROLLBACK") return null;
        throw error;
    }
}

const suffixes = ["", "-wal", "-journal"];

/** Copies a database's files as they lie there; null where somebody wrote to them meanwhile. */
async function copyFiles(source: string, target: string): Promise<string | null> {
    const aside = asideOf(target);
    const before = await stateOf(source);
    for (const suffix of suffixes) {
        await rm(`${aside}${suffix}`, { force: true });
        if (before.has(suffix)) await copyFile(`${source}${suffix}`, `${aside}${suffix}`).catch(unlessGone);
    }
    return isDeepStrictEqual(await stateOf(source), before) ? aside : null;
}

/** Which of a database's files there are, and when and how long they were last written. */
async function stateOf(source: string): Promise<Map<string, bigint[]>> {
    const states = new Map<string, bigint[]>();
    for (const suffix of suffixes) {
        const found = await stat(`${source}${suffix}`, { bigint: true }).catch(unlessGone);
        if (found !== undefined) states.set(suffix, [found.ino, found.size, found.mtimeNs, found.ctimeNs]);
    }
    return states;
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
    if (error.code !== "ENOENT") throw error;
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

async function sizeOf(path: string): Promise<number | null> {
    return stat(path).then(
        (found) => found.size,
        () => null,
    );
}
