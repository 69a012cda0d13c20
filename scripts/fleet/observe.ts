import { statSync } from "node:fs";

import type { Probe } from "../../components/fleet-settings.ts";
import type { Sqlite } from "../adapters/sqlite.ts";
import { openAlone, openForReading, sqliteMessage } from "../adapters/sqlite.ts";

import type { TableCount } from "./digest.ts";
import { digestDatabase } from "./digest.ts";
import type { Observation, ProbeAnswer } from "./result.ts";
import { quoteName, schemaHash, storedTables } from "./schema.ts";

/** Lines of an integrity check that are kept: past these, more say no more. */
const INTEGRITY_LINES = 20;

/** One database to look at, and what to ask of it. */
export interface ObserveRequest {
    path: string;
    /** "alone" for a file nobody else has open, "shared" for one an app may be using. */
    use: "alone" | "shared";
    digest: boolean;
    probes: Probe[];
}

/**
 * Looks at one database: full integrity_check, foreign_key_check, schema, row counts, probes and, if asked, the digest.
 * Never throws: a file that cannot be opened or read says so in `integrity`.
 */
export function observe(request: ObserveRequest): Observation {
    const started = performance.now();
    const seen: Observation = { ...emptyObservation(), bytes: sizeOf(request.path) };
    let database: Sqlite | undefined;
    try {
        database = request.use === "alone" ? openAlone(request.path) : openForReading(request.path);
        // One read transaction: every count and digest is of the same moment, even while an app writes.
        database.exec("BEGIN");
        seen.integrity = integrityOf(database);
        seen.foreignKeyViolations = foreignKeyViolations(database, seen.integrity);
        Object.assign(seen, contentOf(database, request.digest));
    } catch (error) {
        seen.integrity.push(sqliteMessage(error));
    }
    if (database !== undefined) {
        for (const probe of request.probes) ask(database, probe, seen);
        database.close();
    }
    seen.verifySeconds = (performance.now() - started) / 1000;
    return seen;
}

/** An observation of nothing, to be filled in; what a database that could not be restored is given. */
export function emptyObservation(): Observation {
    return {
        bytes: 0,
        integrity: [],
        foreignKeyViolations: 0,
        schemaHash: null,
        tables: [],
        digest: null,
        probes: {},
        probeErrors: {},
        verifySeconds: 0,
    };
}

function sizeOf(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function integrityOf(database: Sqlite): string[] {
    const lines = database.prepare<[], string>(`PRAGMA integrity_check(${INTEGRITY_LINES})`).pluck().all();
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
}

function foreignKeyViolations(database: Sqlite, integrity: string[]): number {
    try {
        const count = database.prepare<[], number>("SELECT count(*) FROM pragma_foreign_key_check").pluck().get();
        return count ?? 0;
    } catch (error) {
        integrity.push(`foreign_key_check: ${sqliteMessage(error)}`);
        return 0;
    }
}

function contentOf(database: Sqlite, digest: boolean): Pick<Observation, "digest" | "schemaHash" | "tables"> {
    if (digest) return digestDatabase(database);
    const tables: TableCount[] = storedTables(database).map(({ name }) => {
        const count = database
            .prepare<[], number>(`SELECT count(*) FROM ${quoteName(name)}`)
            .pluck()
            .get();
        return { name, rows: count ?? 0 };
    });
    return { digest: null, schemaHash: schemaHash(database), tables };
}

function ask(database: Sqlite, probe: Probe, seen: Observation): void {
    try {
        const statement = database.prepare<[], unknown[]>(probe.sql);
        if (!statement.reader || !statement.readonly) throw new Error("the probe is not a SELECT");
        seen.probes[probe.name] = answerOf(statement.raw().all());
    } catch (error) {
        seen.probeErrors[probe.name] = sqliteMessage(error);
    }
}

/** One row answers with its value, more rows with a list; a blob answers with its hex. */
function answerOf(rows: unknown[][]): ProbeAnswer {
    const values = rows.map((row) => cell(row[0]));
    if (values.length === 0) return null;
    if (values.length === 1) return values[0] ?? null;
    return values.filter((value) => value !== null);
}

function cell(value: unknown): string | number | null {
    if (typeof value === "number" || typeof value === "string") return value;
    if (Buffer.isBuffer(value)) return value.toString("hex");
    return null;
}
