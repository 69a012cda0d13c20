import { readerKey } from "../checks/access.ts";
import { check, notRun } from "../checks/check.ts";
import { coverage } from "../checks/coverage.ts";
import { soundness } from "../checks/soundness.ts";
import { unanswered } from "../checks/writes.ts";
import type { BaselineDatabase, Evidence } from "../evidence.ts";
import type { Check } from "../record.ts";
import { conclude, rto, type Verdict } from "../verdict.ts";
import { currency, currencyOf } from "./currency.ts";
import type { RemoteEvidence } from "./evidence.ts";

/**
 * Judges a drill of production's backups. Nobody has a log of what was written, and production lives on: compared is
 * only what cannot go backwards. What production would have to be asked for, and was not, is "not run", never passed.
 */
export function judgeRemote(evidence: RemoteEvidence): Verdict {
    const common = commonEvidence(evidence);
    const restored = (evidence.result?.databases ?? []).filter(({ status }) => status === "restored");
    const checks = [
        ...coverage(common),
        ...catalog(evidence),
        ...soundness(common),
        ...(evidence.production.view === null
            ? [notRun("schema", "schema as in production", evidence.production.why)]
            : []),
        ...restored.flatMap(unanswered),
        ...canary(evidence),
        ...currency(evidence),
        ...replication(evidence),
        ...stillSound(evidence),
        ...readerKey(common),
        ...app(evidence),
        rto(common),
    ];
    return conclude(common, checks, (_id, result) => ({
        lagSeconds: result === undefined ? null : currencyOf(evidence, result).lagSeconds,
        lostWrites: null,
        youngSeconds: null,
    }));
}

/** As the checks of the local drill take it: nothing was written, as far as anybody knows. */
function commonEvidence(evidence: RemoteEvidence): Evidence {
    const { production } = evidence;
    const baseline = (production.view?.result.databases ?? []).map(
        ({ id, schemaHash, tables, probes }): BaselineDatabase => ({
            id,
            schemaHash,
            // Rows have changed since: they are not compared.
            digest: null,
            tables,
            probes,
            problem: null,
        }),
    );
    return {
        rpoSeconds: evidence.rpoSeconds,
        killedAt: evidence.startedAt,
        recoveredAt: evidence.recoveredAt,
        result: evidence.result,
        baseline,
        writes: new Map(),
        replicated: null,
        appAnswers: null,
        readerWrite: evidence.readerWrite,
        seed: 0,
    };
}

/** Every slot that production had before and after the restore is in the restored catalog. */
function catalog({ production, replicatedAfter, result, rpoSeconds }: RemoteEvidence): Check[] {
    const expected = "every slot that production had, before and after";
    if (production.view === null) return [notRun("catalog", expected, production.why)];
    if (result === null) return [];
    if (replicatedAfter === null) return [notRun("catalog", expected, "production was not asked again afterwards")];
    const restored = new Set([...result.catalog.active, ...result.catalog.refused.map(({ id }) => id)]);
    // One that was created shortly before the restore may not have reached the bucket: only those of the first look count.
    const lasting = production.view.result.catalog.active.filter((id) => replicatedAfter.has(id));
    const settled = result.startedAt - production.view.askedAt >= rpoSeconds * 1000;
    const missing = lasting.filter((id) => !restored.has(id));
    if (missing.length === 0)
        return [
            check("catalog", null, true, {
                expected,
                actual: `${restored.size} active slots; production had ${production.view.result.catalog.active.length}`,
                remedy: "",
            }),
        ];
    if (!settled)
        return [notRun("catalog", expected, `${missing.length} are missing, but the restore began within the RPO`)];
    return missing.map((id) =>
        check("catalog", id, false, {
            expected: "active in the restored catalog",
            actual: "missing from it",
            remedy: "The global database was restored to an older moment than promised: look at its replica's restore points.",
        }),
    );
}

/** Production's Litestream replicates what the restored catalog calls for, but for slots that came or went meanwhile. */
function replication({ production, replicatedAfter, result }: RemoteEvidence): Check[] {
    const expected = "Litestream replicates exactly the catalog";
    if (production.view === null) return [notRun("replication-config", expected, production.why)];
    if (result === null) return [];
    const before = production.view.replicated;
    const catalogs = ["global", ...result.catalog.active];
    const seen = (id: string) => before.has(id) || replicatedAfter?.has(id) === true;
    // What production's own catalog, a moment later, no longer had, was being deactivated.
    const had = new Set(["global", ...production.view.result.catalog.active]);
    const active = new Set([...had, ...catalogs]);
    const failures = [
        ...catalogs
            .filter((id) => !seen(id) && (replicatedAfter !== null || had.has(id)))
            .map((id) => [id, "not replicated"] as const),
        ...[...before.keys()]
            .filter((id) => !active.has(id) && replicatedAfter?.has(id) !== false)
            .map((id) => [id, "replicated, not in the catalog"] as const),
    ];
    if (failures.length === 0)
        return [check("replication-config", null, true, { expected, actual: `${before.size} databases`, remedy: "" })];
    return failures.map(([id, actual]) =>
        check("replication-config", id, false, {
            expected,
            actual,
            remedy: "Look at Litestream's configuration on production: the slot's changes are not, or needlessly, backed up.",
        }),
    );
}

/** The canary user is there, where a probe of that name asks for it. */
function canary({ result }: RemoteEvidence): Check[] {
    const global = result?.databases.find(({ kind }) => kind === "global");
    const found = global?.probes["canary"];
    if (global?.status !== "restored" || found === undefined) return [];
    return [
        check("canary", "global", found === 1, {
            expected: "the canary user, once",
            actual: `found ${String(found ?? 0)} times`,
            remedy: "The restored global database is not production's: stop, and check bucket and prefix.",
        }),
    ];
}

/** With the app running, everything is still as sound as it was restored. */
function stillSound({ verified, result }: RemoteEvidence): Check[] {
    const expected = "still sound, with the app running";
    if (verified === null) return [notRun("still-sound", expected, "the staging server did not come to it")];
    // What failed to be restored is named for that, and not once more.
    const known = new Set((result?.databases ?? []).filter(({ status }) => status === "failed").map(({ id }) => id));
    const failures = verified.failed.filter(({ database }) => !known.has(database));
    if (failures.length === 0)
        return [check("still-sound", null, true, { expected, actual: `${verified.restored} databases`, remedy: "" })];
    return failures.map(({ database, check: id, problem }) =>
        check("still-sound", database === "fleet" ? null : database, false, {
            expected,
            actual: `${id}: ${problem}`,
            remedy: "It was restored well and is not so any more: see what the app does when it starts.",
        }),
    );
}

function app({ app: reply }: RemoteEvidence): Check[] {
    const expected = "the app answers from restored data";
    if (reply === null) return [notRun("app-answers", expected, "no app runs on this stack")];
    return [
        check("app-answers", null, reply.ok, {
            expected,
            actual: reply.answer,
            remedy: "Bring staging up by itself (pulumi up) and read the app's journal there.",
        }),
    ];
}
