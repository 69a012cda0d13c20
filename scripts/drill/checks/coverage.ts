import type { Evidence } from "../evidence.ts";
import type { Check } from "../record.ts";
import { check } from "./check.ts";
import { lostYoung } from "./losses.ts";

/** Every active slot of the catalog is restored, and nothing else is. */
export function coverage(evidence: Evidence): Check[] {
    const { result } = evidence;
    if (result === null)
        return [
            check("coverage", null, false, {
                expected: "every active slot restored",
                actual: "the recovery left no result",
                remedy: "Read the recovery's own message above; nothing can be said of any slot.",
            }),
        ];
    const checks: Check[] = [];
    if (result.catalog.problem !== null || result.catalog.active.length === 0)
        checks.push(
            check("coverage", "global", false, {
                expected: "a catalog of active slots",
                actual: result.catalog.problem?.message ?? "the catalog has no active slot",
                remedy: result.catalog.problem?.hint ?? "Check the catalog query: an empty fleet proves nothing.",
            }),
        );
    for (const refused of result.catalog.refused)
        checks.push(
            check("coverage", refused.id, false, {
                expected: "a slot id that is safe as a file name",
                actual: refused.reason,
                remedy: "Rename the slot in the catalog, or deactivate it; it is neither backed up nor restored.",
            }),
        );
    const restored = new Map(result.databases.map((database) => [database.id, database]));
    for (const id of ["global", ...result.catalog.active]) {
        const database = restored.get(id);
        if (database?.status === "restored") {
            checks.push(check("coverage", id, true, { expected: "restored", actual: "restored", remedy: "" }));
            continue;
        }
        const original = evidence.baseline.find((known) => known.id === id)?.problem ?? null;
        const young = lostYoung(evidence, id);
        checks.push(
            check("coverage", id, young, {
                expected: young ? "restored, or created within the RPO" : "restored",
                actual: original ?? database?.problem?.message ?? "the recovery never came to it",
                remedy:
                    original === null
                        ? (database?.problem?.hint ?? "Restore it by itself to see why.")
                        : "Put a sound database in its place, or deactivate the slot in the catalog: no restore can be better than this.",
            }),
        );
    }
    for (const file of result.unexpected)
        checks.push(
            check("coverage", file, false, {
                expected: "no database that the catalog does not know",
                actual: `${file} was restored without being in the catalog`,
                remedy: "Find out which part of the recovery made it.",
            }),
        );
    return checks;
}

/** The restored catalog is production's: it has each slot created before the RPO, and no slot deactivated before it. */
export function catalog(evidence: Evidence): Check[] {
    const { result } = evidence;
    if (result === null) return [];
    const active = new Set([...result.catalog.active, ...result.catalog.refused.map((refused) => refused.id)]);
    const oldest = evidence.killedAt - evidence.rpoSeconds * 1000;
    const problems: Check[] = [];
    const report = (id: string, expected: string, actual: string) =>
        problems.push(
            check("catalog", id, false, {
                expected,
                actual,
                remedy: "The global database was restored to another moment than promised: look at its replica's restore points.",
            }),
        );
    const known = new Set(evidence.baseline.map((database) => database.id));
    for (const [id, { created, deactivated }] of evidence.writes) {
        known.add(id);
        if (id === "global") continue;
        const createdInTime = created === null ? known.has(id) : created.ackedAt !== null && created.sentAt < oldest;
        if (createdInTime && deactivated === null && !active.has(id))
            report(id, "active in the restored catalog", "missing from it");
        if (deactivated?.ackedAt != null && deactivated.sentAt < oldest && active.has(id))
            report(id, "deactivated before the RPO", "still active in the restored catalog");
    }
    for (const { id } of evidence.baseline)
        if (id !== "global" && !evidence.writes.has(id) && !active.has(id))
            report(id, "active in the restored catalog", "missing from it");
    for (const id of active)
        if (!known.has(id)) report(id, "a slot that production had", "a slot that production never had");
    if (problems.length > 0) return problems;
    return [
        check("catalog", null, true, {
            expected: `production's catalog, at most ${evidence.rpoSeconds} s old`,
            actual: `${active.size} active slots, each one accounted for`,
            remedy: "",
        }),
    ];
}
