import { createHash } from "node:crypto";

import type { Sqlite } from "../adapters/sqlite.ts";

/** Litestream's own tables inside every database it replicates (`_litestream_seq`, `_litestream_lock`). */
const LITESTREAM_TABLES = "_litestream_*";

/** A table whose rows are stored in the database itself: ordinary tables and the shadow tables of virtual ones. */
export interface StoredTable {
    name: string;
    /** Columns that are stored, in order: everything but virtual generated columns, which follow from the others. */
    columns: string[];
    withoutRowid: boolean;
}

/** The stored tables by name, without Litestream's own; SQLite's (sqlite_sequence, sqlite_stat1) are content, too. */
export function storedTables(database: Sqlite): StoredTable[] {
    const tables = database
        .prepare<[], [string, string, bigint | number]>(
            `SELECT l.name, l.type, l.wr FROM pragma_table_list AS l
             WHERE l.schema = 'main' AND l.type IN ('table', 'shadow') AND l.name NOT GLOB '${LITESTREAM_TABLES}'
               AND l.name NOT IN ('sqlite_schema', 'sqlite_temp_schema') ORDER BY l.name COLLATE BINARY`,
        )
        .raw()
        .all();
    const columnsOf = database
        .prepare<[string], string>("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 2 ORDER BY cid")
        .pluck();
    return tables.map(([name, , withoutRowid]) => {
        return { name, columns: columnsOf.all(name), withoutRowid: Number(withoutRowid) === 1 };
    });
}

/**
 * SHA-256 over what the schema says: every object's type, name, table and SQL, the text encoding, user_version and
 * application_id; not over where it is stored (page size, root pages, auto_vacuum). Litestream's own tables are left out.
 */
export function schemaHash(database: Sqlite): string {
    const objects = database
        .prepare<[], unknown[]>(
            `SELECT type, name, tbl_name, sql FROM sqlite_schema
             WHERE tbl_name NOT GLOB '${LITESTREAM_TABLES}' ORDER BY type, name COLLATE BINARY, tbl_name COLLATE BINARY`,
        )
        .raw()
        .all();
    const pragmas = ["encoding", "user_version", "application_id"].map((name) => {
        return String(database.pragma(name, { simple: true }));
    });
    return createHash("sha256")
        .update(JSON.stringify([pragmas, objects]))
        .digest("hex");
}

/** An identifier as SQL, whatever it contains. */
export function quoteName(name: string): string {
    return `"${name.replaceAll('"', '""')}"`;
}
