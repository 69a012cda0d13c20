import { existsSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

/** An open database; better-sqlite3's own handle. */
export type Sqlite = Database.Database;

/** The addon beside the bundle on a server; from source, better-sqlite3 finds its own. */
const addonBesideBundle = join(import.meta.dirname, "better_sqlite3.node");

const binding = existsSync(addonBesideBundle) ? { nativeBinding: addonBesideBundle } : {};

function guard(database: Sqlite): Sqlite {
    database.pragma("query_only = ON");
    // A file from elsewhere may hold hostile SQL in its schema: https://sqlite.org/security.html
    database.pragma("trusted_schema = OFF");
    database.pragma("cell_size_check = ON");
    return database;
}

/**
 * Opens a database nobody else uses (a file just restored) so that nothing is left beside it when it is closed:
 * a read-only connection to a WAL database would leave `-wal` and `-shm` behind. Nothing can be written through it.
 * @throws SqliteError when the file is no database or cannot be opened.
 */
export function openAlone(path: string): Sqlite {
    const database = new Database(path, { fileMustExist: true, ...binding });
    return guard(database);
}

/**
 * Opens a database that may be in use, for reading only. With a `-wal` beside it, read-only, so that closing it
 * checkpoints nothing; without one (or where that is refused) as `openAlone`, so that no sidecar is left behind.
 * @throws SqliteError when the file is no database or cannot be opened.
 */
export function openForReading(path: string): Sqlite {
    if (!existsSync(`${path}-wal`)) {
        try {
            return openAlone(path);
        } catch (error) {
            if (!(error instanceof Database.SqliteError) || !/CANTOPEN|READONLY/.test(error.code)) throw error;
        }
    }
    return guard(new Database(path, { readonly: true, fileMustExist: true, ...binding }));
}

/** SQLite's words for a failure of its own, or the error's message. */
export function sqliteMessage(error: unknown): string {
    if (error instanceof Database.SqliteError) return `${error.message} (${error.code})`;
    return error instanceof Error ? error.message : String(error);
}
