import type { Sqlite } from "../adapters/sqlite.ts";
import { openAlone, openForReading, sqliteMessage } from "../adapters/sqlite.ts";

import type { Problem } from "./result.ts";
import type { Refusal, SlotId } from "./slot-id.ts";
import { sortSlotIds } from "./slot-id.ts";

/** The active slots as the global database lists them; `problem` is set when the list itself cannot be trusted. */
export interface Catalog {
    active: SlotId[];
    refused: Refusal[];
    problem: Problem | null;
}

/**
 * Reads the active slots from a global database with the app's own query (its first column is the id).
 * Never throws: a query that fails, an empty list and ids that are not text are named in the result.
 * @param use "alone" for a file nobody else has open, "shared" for one an app may be using.
 */
export function readCatalog(globalPath: string, query: string, use: "alone" | "shared"): Catalog {
    let database: Sqlite;
    try {
        database = use === "alone" ? openAlone(globalPath) : openForReading(globalPath);
    } catch (error) {
        return failed(`the global database cannot be opened: ${sqliteMessage(error)}`, "restore it from its replica");
    }
    try {
        return fromRows(rowsOf(database, query));
    } catch (error) {
        return failed(
            `the catalog query failed: ${sqliteMessage(error)}`,
            `set catalogQuery to a SELECT that returns the ids of the active slots; it is: ${query}`,
        );
    } finally {
        database.close();
    }
}

function rowsOf(database: Sqlite, query: string): unknown[][] {
    const statement = database.prepare<[], unknown[]>(query);
    if (!statement.reader || !statement.readonly) throw new Error("it is not a SELECT");
    return statement.raw().all();
}

function fromRows(rows: unknown[][]): Catalog {
    const ids: string[] = [];
    const refused: Refusal[] = [];
    for (const [index, row] of rows.entries()) {
        const id = row[0];
        if (typeof id === "string") ids.push(id);
        else
            refused.push({
                id: `(row ${index + 1})`,
                reason: `it is ${kindOf(id)}, not text; cast it in catalogQuery`,
            });
    }
    const sorted = sortSlotIds(ids);
    const problem =
        rows.length > 0
            ? null
            : { message: "the catalog names no active slot", hint: "check catalogQuery against the global database" };
    return { active: sorted.active, refused: [...refused, ...sorted.refused], problem };
}

function kindOf(value: unknown): string {
    if (value === null || value === undefined) return "NULL";
    if (Buffer.isBuffer(value)) return "a blob";
    return "a number";
}

function failed(message: string, hint: string): Catalog {
    return { active: [], refused: [], problem: { message, hint } };
}
