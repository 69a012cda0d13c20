import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { SlotkeeperError } from "../../scripts/errors.ts";

/** An open database; better-sqlite3's own handle. */
export type Sqlite = Database.Database;

/** The addon beside the bundle on a server; from source, better-sqlite3 finds its own. */
const addonBesideBundle = join(import.meta.dirname, "better_sqlite3.node");

const binding = existsSync(addonBesideBundle) ? { nativeBinding: addonBesideBundle } : {};

/** Each pragma with the value to set and the value SQLite must then report. */
const pragmas = [
    ["journal_mode", "WAL", "wal"],
    ["synchronous", "NORMAL", 1],
    ["wal_autocheckpoint", "1000", 1000],
    ["busy_timeout", "5000", 5000],
    ["foreign_keys", "ON", 1],
] as const;

/**
 * Opens any database of the fleet, global or slot: the only place where the app does. Sets what replication relies on,
 * and checks that SQLite took it: WAL, synchronous NORMAL, a checkpoint each 1000 pages, 5 s of patience, foreign keys.
 * @throws SlotkeeperError (checkFailed) when a pragma did not take; SqliteError when the file is missing or no database.
 */
export function getSlotDb(path: string, { create = false }: { create?: boolean } = {}): Sqlite {
    const database = new Database(path, { fileMustExist: !create, ...binding });
    try {
        for (const [name, wanted, reported] of pragmas) {
            database.pragma(`${name} = ${wanted}`);
            const actual: unknown = database.pragma(name, { simple: true });
            if (actual !== reported)
                throw new SlotkeeperError(
                    "checkFailed",
                    `${path}: PRAGMA ${name} is ${String(actual)}, not ${wanted}`,
                    "Put the database on a local disk that supports shared memory and is writable.",
                );
        }
        return database;
    } catch (error) {
        database.close();
        throw error;
    }
}
