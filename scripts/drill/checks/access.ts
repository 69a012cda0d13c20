import type { Evidence } from "../evidence.ts";
import type { Check } from "../record.ts";
import { check, notRun } from "./check.ts";

/** The recovered app answers a read and a write on a restored slot. */
export function appAnswers(evidence: Evidence): Check[] {
    if (evidence.appAnswers === null)
        return [notRun("app-answers", "the app answers from restored data", "no app runs on this fleet")];
    const remedy = "Read the app's journal on the staging server (keep it with --keep).";
    if (evidence.appAnswers.length === 0)
        return [
            check("app-answers", null, false, {
                expected: "the app answers from restored data",
                actual: "it did not start",
                remedy,
            }),
        ];
    return evidence.appAnswers.map((answer) =>
        check(`app-${answer.ask}`, answer.slot, answer.ok, {
            expected: answer.expected,
            actual: answer.actual,
            remedy,
        }),
    );
}

/** Staging's key can write nothing where production writes. */
export function readerKey(evidence: Evidence): Check[] {
    const expected = "a write with staging's key is refused";
    if (evidence.readerWrite === null) return [notRun("reader-key", expected, "the object store was not asked")];
    return [
        check("reader-key", null, evidence.readerWrite.refused, {
            expected,
            actual: evidence.readerWrite.answer,
            remedy: "Give staging a key that can list and read only: a drill must not be able to change backups.",
        }),
    ];
}
