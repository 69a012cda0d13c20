import type { Evidence } from "../evidence.ts";
import { untouched } from "../evidence.ts";
import type { Check } from "../record.ts";
import { check, notRun } from "./check.ts";

/** The canary user is there, and the number of users lies in the range that production's own numbers give. */
export function global(evidence: Evidence): Check[] {
    const database = evidence.result?.databases.find((found) => found.kind === "global");
    if (database?.status !== "restored" || database.probes["canary"] === undefined) return [];
    const before = Number(evidence.baseline.find((known) => known.id === "global")?.probes["users"]);
    const users = Number(database.probes["users"]);
    const { acknowledged, uncertain } = evidence.writes.get("global") ?? untouched;
    const certain = acknowledged.filter(
        (write) => write.sentAt < evidence.killedAt - evidence.rpoSeconds * 1000,
    ).length;
    const [least, most] = [before + certain, before + acknowledged.length + uncertain.length];
    return [
        check("canary", "global", database.probes["canary"] === 1, {
            expected: "the canary user, once",
            actual: `found ${String(database.probes["canary"] ?? 0)} times`,
            remedy: "The restored global database is not production's: stop, and check bucket and prefix.",
        }),
        check("user-count", "global", users >= least && users <= most, {
            expected: `${least} to ${most} users`,
            actual: `${users} users`,
            remedy: "Users are missing or too many: compare the global database with production's before using it.",
        }),
    ];
}

/** What production's Litestream replicated is what the restored catalog says, but for slots in flux just then. */
export function replicationConfig(evidence: Evidence): Check[] {
    const { replicated, result } = evidence;
    const expected = "Litestream replicates exactly the catalog";
    if (replicated === null)
        return [notRun("replication-config", expected, "production was not asked before the disaster")];
    if (result === null) return [];
    const [catalog, seen] = [new Set(["global", ...result.catalog.active]), new Set(replicated.ids)];
    const inFlux = (id: string) => {
        const { created, deactivated } = evidence.writes.get(id) ?? untouched;
        const recent = replicated.askedAt - evidence.rpoSeconds * 1000;
        return [created, deactivated].some((event) => event !== null && (event.ackedAt ?? Infinity) > recent);
    };
    // What has no sound original cannot be replicated, and is named by the coverage check.
    const hopeless = new Set(evidence.baseline.filter((known) => known.problem !== null).map((known) => known.id));
    const missing = [...catalog].filter((id) => !seen.has(id) && !inFlux(id) && !hopeless.has(id));
    const extra = [...seen].filter((id) => !catalog.has(id) && !inFlux(id));
    const failures = [
        ...missing.map((id) => [id, "not replicated"] as const),
        ...extra.map((id) => [id, "replicated, not in the catalog"] as const),
    ];
    if (failures.length === 0)
        return [
            check("replication-config", null, true, {
                expected,
                actual: `${seen.size} databases, the same`,
                remedy: "",
            }),
        ];
    return failures.map(([id, actual]) =>
        check("replication-config", id, false, {
            expected,
            actual,
            remedy: "Look at Litestream's configuration on production: the slot's changes are not, or needlessly, backed up.",
        }),
    );
}
