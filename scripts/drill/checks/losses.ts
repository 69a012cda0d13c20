import { EMPTY_REPLICA } from "../../fleet/restore-plan.ts";
import type { DatabaseResult } from "../../fleet/result.ts";
import type { AcknowledgedWrite, DatabaseWrites, Evidence } from "../evidence.ts";

/** Which acknowledged writes of one database a restore lacks. */
export interface Loss {
    /** Seconds from the sending of the oldest lost write to the disaster; 0 when none was lost. */
    readonly lagSeconds: number;
    /** In order of `seq`. */
    readonly lost: readonly AcknowledgedWrite[];
    /** Lost writes older than a write that survived: no cut-off explains them, the restore is wrong. */
    readonly holes: readonly number[];
    /** Restored sequence numbers that production was never sent: another database's rows. */
    readonly foreign: readonly number[];
}

/**
 * Compares the log of acknowledged writes with the sequence numbers found in the restored database.
 * @param restored in any order.
 */
export function lossOf(writes: DatabaseWrites, restored: readonly number[], killedAt: number): Loss {
    const present = new Set(restored);
    const sent = new Set([...writes.acknowledged.map((write) => write.seq), ...writes.uncertain]);
    const lost = writes.acknowledged.filter((write) => !present.has(write.seq));
    const newestPresent = writes.acknowledged.findLast((write) => present.has(write.seq));
    return {
        lagSeconds: lost.reduce((worst, write) => Math.max(worst, (killedAt - write.sentAt) / 1000), 0),
        lost,
        holes: lost
            .filter((write) => newestPresent !== undefined && write.seq < newestPresent.seq)
            .map((write) => write.seq),
        foreign: restored.filter((seq) => !sent.has(seq)),
    };
}

/** The loss of a restored database by its `sequences` probe; null where it has no such probe or was not restored. */
export function measuredLoss(evidence: Pick<Evidence, "writes" | "killedAt">, database: DatabaseResult): Loss | null {
    const sequences = parseRanges(database.probes["sequences"]);
    const writes = evidence.writes.get(database.id);
    if (database.status !== "restored" || sequences === null || writes === undefined) return null;
    return lossOf(writes, sequences, evidence.killedAt);
}

/**
 * True when a missing slot is explained by the disaster alone: it was created so shortly before that the RPO covers it,
 * and nothing of it had been uploaded. A replica that holds something and does not restore is damaged, however young.
 */
export function lostYoung(evidence: Evidence, id: string): boolean {
    const created = evidence.writes.get(id)?.created;
    const young = created != null && evidence.killedAt - created.sentAt <= evidence.rpoSeconds * 1000;
    const result = evidence.result?.databases.find((database) => database.id === id);
    return young && result?.status === "failed" && result.problem?.message === EMPTY_REPLICA;
}

/** Reads "1-57,59" or a list of numbers; no rows is an empty list, anything else null. */
export function parseRanges(answer: unknown): number[] | null {
    if (answer === null || answer === "") return [];
    if (typeof answer === "number") return [answer];
    if (Array.isArray(answer)) {
        const parts = answer.map(parseRanges);
        return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
    }
    if (typeof answer !== "string" || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(answer)) return null;
    return answer.split(",").flatMap((range) => {
        const [first = 0, last = first] = range.split("-").map(Number);
        return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
