import type { FleetVerdict } from "../../components/outputs.ts";

import type { DatabaseResult, FleetResult } from "./result.ts";

/** So many failures are named, each in so many characters: the verdict travels through Pulumi's state and log. */
const NAMED = 20;
const LENGTH = 240;

type Failure = FleetVerdict["failed"][number];

/**
 * Judges restored databases: what the recovery said of each when it was restored, and what a look at all of them says
 * now, when the app may have worked on them. Passed only when at least one slot is back and nothing at all is wrong.
 * @param recovery null where it left no result.
 */
export function fleetVerdict(recovery: FleetResult | null, now: FleetResult): FleetVerdict {
    const found = new Map<string, Failure>();
    const fail = (database: string, check: string, problem: string) => {
        if (!found.has(database)) found.set(database, { database, check, problem: bounded(problem) });
    };
    if (recovery?.complete !== true) fail("fleet", "coverage", "the recovery did not come to its end");
    for (const result of [recovery, now]) {
        if (result === null) continue;
        if (result.catalog.problem !== null) fail("global", "catalog", result.catalog.problem.message);
        for (const { id, reason } of result.catalog.refused) fail(id, "coverage", reason);
        for (const database of result.databases) {
            const [probe] = Object.entries(database.probeErrors);
            if (database.status === "failed")
                fail(database.id, checkOf(database), database.problem?.message ?? "failed");
            else if (probe !== undefined) fail(database.id, "probes", probe.join(": "));
        }
        for (const file of result.unexpected) fail(file, "coverage", "restored without being in the catalog");
    }
    const restored = now.databases.filter(({ id, status }) => status === "restored" && !found.has(id));
    if (!restored.some(({ kind }) => kind === "slot")) fail("fleet", "coverage", "not a single slot was restored");
    const failures = [...found.values()];
    return {
        verdict: failures.length === 0 ? "passed" : "failed",
        databases: now.databases.length,
        restored: restored.length,
        bytes: restored.reduce((sum, { bytes }) => sum + bytes, 0),
        recoverySeconds: recovery === null ? 0 : (recovery.finishedAt - recovery.startedAt) / 1000,
        failed: failures.slice(0, NAMED),
        more: Math.max(0, failures.length - NAMED),
    };
}

/** What failed, a line each, and how much of the fleet is back. */
export function verdictText({ failed, more, databases, restored }: FleetVerdict): string {
    return [
        ...failed.map(({ database, check, problem }) => `${database}: ${check}: ${problem}`),
        ...(more > 0 ? [`… and ${more} more`] : []),
        `${restored} of ${databases} databases are restored and sound`,
    ].join("\n");
}

function checkOf({ integrity, foreignKeyViolations }: DatabaseResult): string {
    if (integrity.length > 0) return "integrity";
    return foreignKeyViolations > 0 ? "foreign-keys" : "coverage";
}

function bounded(text: string): string {
    const line = text.replaceAll(/\s+/g, " ");
    return line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line;
}
