import type { BaselineDatabase, Evidence } from "../evidence.ts";
import type { DatabaseResult } from "../../fleet/result.ts";
import type { Check } from "../record.ts";
import { check } from "./check.ts";

/** Integrity, foreign keys, schema and — where the original's digest is known and nothing wrote since — every row. */
export function soundness(evidence: Evidence): Check[] {
    const originals = new Map(evidence.baseline.map((database) => [database.id, database]));
    return (evidence.result?.databases ?? [])
        .filter((database) => database.schemaHash !== null || database.integrity.length > 0)
        .flatMap((database) => [
            ...fileChecks(database),
            ...contentChecks(database, originals.get(database.id), quiet(evidence, database)),
        ]);
}

/** True when nothing was written since the original was looked at; any load also writes the global database. */
function quiet({ writes }: Evidence, { id, kind }: DatabaseResult): boolean {
    const done = writes.get(id);
    return kind === "global"
        ? writes.size === 0
        : done === undefined || (done.acknowledged.length === 0 && done.uncertain.length === 0);
}

function fileChecks(database: DatabaseResult): Check[] {
    return [
        check("integrity", database.id, database.integrity.length === 0, {
            expected: "PRAGMA integrity_check: ok",
            actual:
                database.integrity.length === 0
                    ? "ok"
                    : `${database.integrity.length} errors, first: ${database.integrity[0] ?? ""}`,
            remedy: "Restore an earlier point of this database; its replica's newest chain is damaged.",
        }),
        check("foreign-keys", database.id, database.foreignKeyViolations === 0, {
            expected: "0 violations",
            actual: `${database.foreignKeyViolations} violations`,
            remedy: "Compare with production: rows are missing, or production itself violates its foreign keys.",
        }),
    ];
}

function contentChecks(database: DatabaseResult, original: BaselineDatabase | undefined, comparable: boolean): Check[] {
    if (original === undefined || original.problem !== null) return [];
    const checks = [
        check("schema", database.id, database.schemaHash === original.schemaHash, {
            expected: `schema ${short(original.schemaHash)}`,
            actual: `schema ${short(database.schemaHash)}`,
            remedy: "A migration ran after the restored moment, or another database was restored in its place.",
        }),
    ];
    if (original.digest !== null && comparable) checks.push(rows(database, original));
    return checks;
}

function rows(database: DatabaseResult, original: BaselineDatabase): Check {
    const differing = original.tables
        .filter((table) => database.tables.find((other) => other.name === table.name)?.rows !== table.rows)
        .map(
            (table) =>
                `${table.name} ${table.rows} → ${database.tables.find((other) => other.name === table.name)?.rows ?? "gone"}`,
        );
    return check("rows", database.id, database.digest === original.digest, {
        expected: `row for row as the original (${short(original.digest)})`,
        actual:
            database.digest === original.digest
                ? "the same"
                : `${short(database.digest)}; row counts ${differing.length === 0 ? "equal" : differing.join(", ")}`,
        remedy: "The restore is not the database that was backed up: do not use it.",
    });
}

function short(hash: string | null): string {
    return hash?.slice(0, 12) ?? "unknown";
}
