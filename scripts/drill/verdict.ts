import { appAnswers, readerKey } from "./checks/access.ts";
import { check } from "./checks/check.ts";
import { catalog, coverage } from "./checks/coverage.ts";
import { global, replicationConfig } from "./checks/global.ts";
import { lostYoung, measuredLoss } from "./checks/losses.ts";
import { soundness } from "./checks/soundness.ts";
import { randomSlot, writes } from "./checks/writes.ts";
import type { DatabaseResult } from "../fleet/result.ts";
import type { Evidence } from "./evidence.ts";
import type { Check, DatabaseOutcome, DrillRecord } from "./record.ts";

/** What the evidence says: the fields of the record that a drill is run for. */
export type Verdict = Pick<DrillRecord, "verdict" | "databases" | "checks" | "rpo" | "rto" | "fleet">;

/** The time in which one slot, and the fleet, must be back (seconds): the product's promise. */
const rtoTargetSeconds = 900;

/**
 * Judges a drill. Passed only when every check that ran passed, at least one slot was restored, and each database that
 * production had is accounted for.
 */
export function judge(evidence: Evidence): Verdict {
    const checks = [
        ...coverage(evidence),
        ...catalog(evidence),
        ...soundness(evidence),
        ...writes(evidence),
        ...randomSlot(evidence),
        ...global(evidence),
        ...replicationConfig(evidence),
        ...readerKey(evidence),
        ...appAnswers(evidence),
        rto(evidence),
    ];
    return conclude(evidence, checks, (id, result) => {
        const loss = result === undefined ? null : measuredLoss(evidence, result);
        const created = evidence.writes.get(id)?.created;
        const young = created != null && lostYoung(evidence, id);
        const lagSeconds = loss?.lagSeconds ?? null;
        return { lagSeconds, lostWrites: loss?.lost.length ?? null, youngSeconds: young ? (evidence.killedAt - created.sentAt) / 1000 : null }; // prettier-ignore
    });
}

/** What a drill of any kind measured of one database. */
export interface Measured {
    readonly lagSeconds: number | null;
    readonly lostWrites: number | null;
    /** How long before the disaster it had been created, where that alone explains that it is missing; else null. */
    readonly youngSeconds: number | null;
}

/** A verdict from the checks: databases, and the times against their targets. */
export function conclude(
    evidence: Pick<Evidence, "rpoSeconds" | "killedAt" | "recoveredAt" | "result" | "baseline">,
    checks: Check[],
    measure: (id: string, result: DatabaseResult | undefined) => Measured,
): Verdict {
    const databases = outcomes(evidence, checks, measure);
    const slots = databases.filter((database) => database.kind === "slot");
    const lags = databases.flatMap((database) => database.lagSeconds ?? []);
    // A slot is back when it is verified: counted from the disaster, not from when its turn came.
    const slotTimes = (evidence.result?.databases ?? [])
        .filter((database) => database.kind === "slot" && database.status === "restored")
        .map((database) => (database.finishedAt - evidence.killedAt) / 1000);
    const passed =
        evidence.result?.complete === true &&
        slots.some((slot) => slot.status === "restored") &&
        checks.every((check) => check.status === "passed" || check.status === "not-run") &&
        databases.every((database) => database.status !== "failed");
    return {
        verdict: passed ? "passed" : "failed",
        databases,
        checks,
        fleet: {
            databases: databases.length,
            slots: slots.length,
            bytes: databases.reduce((sum, database) => sum + database.bytes, 0),
        },
        rpo: {
            targetSeconds: evidence.rpoSeconds,
            worstSeconds: lags.length === 0 ? null : Math.max(...lags),
            p50Seconds: median(lags),
        },
        rto: {
            targetSeconds: rtoTargetSeconds,
            fleetSeconds: evidence.recoveredAt === null ? null : (evidence.recoveredAt - evidence.killedAt) / 1000,
            slotWorstSeconds: slotTimes.length === 0 ? null : Math.max(...slotTimes),
            slotP50Seconds: median(slotTimes),
        },
    };
}

/** The fleet was back, verified and answering, within the promised time. */
export function rto({ killedAt, recoveredAt }: Pick<Evidence, "killedAt" | "recoveredAt">): Check {
    const seconds = recoveredAt === null ? null : (recoveredAt - killedAt) / 1000;
    return check("rto", null, seconds !== null && seconds <= rtoTargetSeconds, {
        expected: `within ${rtoTargetSeconds} s`,
        actual: seconds === null ? "the recovery did not come to its end" : `${seconds.toFixed(1)} s`,
        remedy: "Look at the phases: a larger server, or more restores at once (slotkeeper:restoreConcurrency).",
    });
}

/** One outcome for each database that the restored catalog or production knows of, the global database first. */
function outcomes(
    evidence: Pick<Evidence, "result" | "baseline">,
    checks: readonly Check[],
    measure: (id: string, result: DatabaseResult | undefined) => Measured,
): DatabaseOutcome[] {
    const failed = new Map<string, string>();
    for (const { database, status, id, actual } of checks)
        if (database !== null && (status === "failed" || status === "inconclusive") && !failed.has(database))
            failed.set(database, `${id}: ${actual}`);

    const results = new Map((evidence.result?.databases ?? []).map((database) => [database.id, database]));
    const ids = new Set([
        "global",
        ...(evidence.result?.catalog.active ?? []),
        ...(evidence.result?.catalog.refused.map((refused) => refused.id) ?? []),
        ...results.keys(),
        // A slot that production had and the restored catalog has not, is accounted for by the catalog check alone.
        ...[...failed.keys()].filter((id) => evidence.baseline.some((known) => known.id === id)),
    ]);
    return [...ids].map((id): DatabaseOutcome => {
        const result = results.get(id);
        const { lagSeconds, lostWrites, youngSeconds } = measure(id, result);
        const problem = failed.get(id) ?? null;
        const young = problem === null && youngSeconds !== null;
        const restorePointAt = result?.restorePointAt ?? null;
        return {
            id,
            kind: id === "global" ? "global" : "slot",
            bytes: result?.bytes ?? 0,
            txid: result?.txid ?? null,
            restorePointAt: restorePointAt === null ? null : new Date(restorePointAt).toISOString(),
            restoreSeconds: result?.restoreSeconds ?? 0,
            lagSeconds: young ? youngSeconds : lagSeconds,
            lostWrites,
            status: young
                ? "lost-within-rpo"
                : result?.status === "restored" && problem === null
                  ? "restored"
                  : "failed",
            problem: young ? "created so shortly before the disaster that nothing of it had been uploaded" : problem,
        };
    });
}

function median(numbers: readonly number[]): number | null {
    if (numbers.length === 0) return null;
    const sorted = [...numbers].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
