import type { DatabaseResult, ProbeAnswer } from "../../fleet/result.ts";
import type { DatabaseWrites, Evidence } from "../evidence.ts";
import { untouched } from "../evidence.ts";
import type { Check } from "../record.ts";
import { check } from "./check.ts";
import { type Loss, measuredLoss, parseRanges } from "./losses.ts";

/** Every acknowledged write survived but for the last seconds; the newest audit entry says the same. */
export function writes(evidence: Evidence): Check[] {
    const restored = (evidence.result?.databases ?? []).filter(({ status }) => status === "restored");
    return [
        ...load(evidence),
        ...restored.flatMap((database) => {
            const done = evidence.writes.get(database.id);
            const loss = measuredLoss(evidence, database);
            const questions = unanswered(database);
            if (questions.length > 0) return questions;
            return [
                ...(done === undefined || (loss === null && done.acknowledged.length === 0)
                    ? []
                    : [survived(evidence, database, done, loss)]),
                ...newestAudit(evidence, database, done ?? untouched),
            ];
        }),
    ];
}

/** Where an app runs it was written to: without a single acknowledged write nothing is known of what a disaster costs. */
function load({ appAnswers, writes: all }: Evidence): Check[] {
    if (appAnswers === null) return [];
    if ([...all].some(([id, done]) => id !== "global" && done.acknowledged.length > 0)) return [];
    return [
        check("acknowledged-writes", null, false, {
            expected: "acknowledged writes to slots, to look for",
            actual: "the app acknowledged none",
            remedy: "Read the app's journal on the production server: a drill without writes measures no loss.",
        }),
    ];
}

/** A question that a restored database cannot answer: tables are missing, or it is another database. */
export function unanswered(database: DatabaseResult): Check[] {
    const [first] = Object.entries(database.probeErrors);
    if (first === undefined) return [];
    const [name, error] = first;
    return [
        check("probes", database.id, false, {
            expected: "an answer to every question of the fleet's settings",
            actual: `${name}: ${error}`,
            remedy: "Compare the schema with production's; if that is right, correct the probe in slotkeeper:fleet.",
        }),
    ];
}

function survived(evidence: Evidence, database: DatabaseResult, done: DatabaseWrites, loss: Loss | null): Check {
    const expected = `all ${done.acknowledged.length} acknowledged writes but those of the last ${evidence.rpoSeconds} s`;
    const remedy =
        "Litestream's restore ended well and is still wrong. Keep the replica, and restore an earlier point.";
    const wrong = (actual: string) => check("acknowledged-writes", database.id, false, { expected, actual, remedy });
    if (loss === null) return wrong("the restored database does not say which writes it has");
    if (loss.holes.length > 0)
        return wrong(
            `${loss.holes.length} missing from the middle, first: number ${loss.holes[0] ?? ""} although later ones are there`,
        );
    if (loss.foreign.length > 0) return wrong(`${loss.foreign.length} rows that were never written to this database`);
    const [earlier, before] = rowsBeforeLoad(evidence, database);
    if (earlier !== before) return wrong(`${earlier} actions from before the load, where production had ${before}`);
    return check("acknowledged-writes", database.id, loss.lagSeconds <= evidence.rpoSeconds, {
        expected,
        actual:
            loss.lost.length === 0
                ? "none lost"
                : `${loss.lost.length} lost, the oldest ${loss.lagSeconds.toFixed(1)} s before the disaster`,
        remedy: "Replication lags: look at Litestream's log and at the object store's answers before the disaster.",
    });
}

/** How many actions of a slot are not the load's: as restored, and as production had them; equal where nobody counted. */
function rowsBeforeLoad({ baseline }: Evidence, database: DatabaseResult): [number, number] {
    const before = baseline.find((known) => known.id === database.id)?.probes["actionCount"];
    const now = database.probes["actionCount"];
    if (typeof before !== "number" || typeof now !== "number") return [0, 0];
    return [now - (parseRanges(database.probes["sequences"]) ?? []).length, before];
}

function newestAudit(evidence: Evidence, database: DatabaseResult, done: DatabaseWrites): Check[] {
    const found = database.probes["newestAuditAt"];
    if (found === undefined) return [];
    const last = done.acknowledged.at(-1);
    const before = evidence.baseline.find((known) => known.id === database.id)?.probes["newestAuditAt"];
    // An idle slot is compared with what production said of it, not with the clock: it is no false alarm.
    const due = last === undefined ? before : last.ackedAt - evidence.rpoSeconds * 1000;
    if (due === undefined || due === null) return [];
    return [
        check("newest-audit", database.id, typeof found === "number" && typeof due === "number" && found >= due, {
            expected: `an audit entry not older than ${time(due)}${last === undefined ? " (idle since)" : ""}`,
            actual: `newest is of ${time(found)}`,
            remedy: "The restored database is older than promised: its replica has stopped, or lacks its newest files.",
        }),
    ];
}

/** One slot, chosen by the drill's seed among those written to: it has exactly the actions expected. */
export function randomSlot(evidence: Evidence): Check[] {
    const candidates = (evidence.result?.databases ?? []).filter(
        (database) =>
            database.kind === "slot" &&
            database.status === "restored" &&
            database.probes["actionCount"] !== undefined &&
            (evidence.writes.get(database.id)?.acknowledged.length ?? 0) > 0 &&
            evidence.baseline.some((known) => known.id === database.id),
    );
    const chosen = candidates[evidence.seed % Math.max(1, candidates.length)];
    if (chosen === undefined) return [];
    const before = Number(evidence.baseline.find((known) => known.id === chosen.id)?.probes["actionCount"]);
    const restored = new Set(parseRanges(chosen.probes["sequences"]) ?? []);
    const done = evidence.writes.get(chosen.id) ?? untouched;
    const newest = Math.max(0, ...restored);
    const uncertain = done.uncertain.filter((seq) => restored.has(seq)).length;
    const expected = before + done.acknowledged.filter((write) => write.seq <= newest).length + uncertain;
    return [
        check("random-slot", chosen.id, chosen.probes["actionCount"] === expected, {
            expected: `${expected} actions: ${before} before the load, ${expected - before} since, up to number ${newest}`,
            actual: `${String(chosen.probes["actionCount"])} actions`,
            remedy: "Rows are missing or doubled: compare the slot with production's before using it.",
        }),
    ];
}

function time(at: ProbeAnswer): string {
    return typeof at === "number" ? new Date(at).toISOString() : JSON.stringify(at);
}
