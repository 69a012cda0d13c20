import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";

import type { Sqlite } from "../adapters/sqlite.ts";

import { RowWriter } from "./row-writer.ts";
import type { StoredTable } from "./schema.ts";
import { quoteName, schemaHash, storedTables } from "./schema.ts";

/** How many rows a table holds. */
export interface TableCount {
    name: string;
    rows: number;
}

/** What a database says, whatever its pages look like. */
export interface DatabaseDigest {
    /** SHA-256 over the schema and every row of every stored table. */
    digest: string;
    schemaHash: string;
    tables: TableCount[];
}

/**
 * Digests schema and rows. Equal for two databases exactly when they hold the same schema and, table by table, the same
 * rows in the same order with the same types: integer 1, real 1.0, text '1' and blob x'31' all differ. Independent of
 * page size, free pages and vacuuming. Rows go in the table's own order (rowid, or primary key WITHOUT ROWID); rowids
 * that are no column are not content. Virtual tables count by their shadow tables, so no extension is needed.
 * @throws SqliteError when a page cannot be read.
 */
export function digestDatabase(database: Sqlite): DatabaseDigest {
    const hash = createHash("sha256");
    const schema = schemaHash(database);
    hash.update(`slotkeeper digest 1\n${schema}\n`);
    const tables = storedTables(database).map((table) => {
        hash.update(`table ${JSON.stringify([table.name, table.columns])}\n`);
        return { name: table.name, rows: digestTable(database, table, hash) };
    });
    return { digest: hash.digest("hex"), schemaHash: schema, tables };
}

function digestTable(database: Sqlite, table: StoredTable, into: Hash): number {
    const values = digestRows(database, table, table.columns.map(quoteName));
    const exact = values.inexact ? digestRows(database, table, exactColumns(table.columns)) : values;
    into.update(`rows ${values.rows} ${values.inexact ? "exact" : "plain"} ${exact.digest}\n`);
    return values.rows;
}

/** Text that is not valid Unicode would be read as U+FFFD: where one is seen, the bytes themselves are digested. */
function exactColumns(columns: string[]): string[] {
    return columns.flatMap((column) => [`typeof(${quoteName(column)})`, `CAST(${quoteName(column)} AS BLOB)`]);
}

function digestRows(database: Sqlite, table: StoredTable, expressions: string[]) {
    const hash = createHash("sha256");
    const writer = new RowWriter((bytes) => hash.update(bytes));
    // NOT INDEXED: the scan is of the table itself, never of an index that happens to cover it.
    const sql = `SELECT ${expressions.join(", ")} FROM ${quoteName(table.name)} NOT INDEXED`;
    let rows = 0;
    for (const row of database.prepare<[], unknown[]>(sql).safeIntegers().raw().iterate()) {
        writer.row(row);
        rows += 1;
    }
    writer.flush();
    return { rows, inexact: writer.sawReplacement, digest: hash.digest("hex") };
}
