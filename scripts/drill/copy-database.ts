import { copyFile, open, rm, stat } from "node:fs/promises";
import Database from "better-sqlite3";

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
 * be played back. In both cases nobody has the database open, so a copy of the files is opened instead.
 */
async function openWithoutTrace(source: string, target: string): Promise<Database.Database> {
    const inUse = (await sizeOf(`${source}-wal`)) !== null && (await sizeOf(`${source}-shm`)) !== null;
    const hotJournal = ((await sizeOf(`${source}-journal`)) ?? 0) > 0;
    if (inUse || !(hotJournal || (await isWal(source))))
        return new Database(source, { readonly: true, fileMustExist: true });

    const aside = asideOf(target);
    for (const suffix of ["", "-wal", "-journal"])
        if ((await sizeOf(`${source}${suffix}`)) !== null) await copyFile(`${source}${suffix}`, `${aside}${suffix}`);
    return new Database(aside, { fileMustExist: true });
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
