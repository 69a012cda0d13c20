import type { Check } from "../record.ts";

/** A check of the fleet (`database` null) or of one database; `remedy` is kept only when it did not pass. */
export function check(
    id: string,
    database: string | null,
    passed: boolean,
    facts: { expected: string; actual: string; remedy: string },
): Check {
    return {
        id,
        database,
        status: passed ? "passed" : "failed",
        expected: facts.expected,
        actual: facts.actual,
        remedy: passed ? "" : facts.remedy,
    };
}

/** A check that could not be made; never counted as passed. */
export function notRun(id: string, expected: string, why: string): Check {
    return { id, database: null, status: "not-run", expected, actual: why, remedy: "" };
}
