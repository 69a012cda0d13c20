import type { DatabaseResult } from "../../fleet/result.ts";
import { check } from "../checks/check.ts";
import type { Check } from "../record.ts";
import type { RemoteEvidence } from "./evidence.ts";

/** How a restored database compares with what production said of it before. */
export interface Currency {
    /** 0: all that production had when it was asked is there. Else: everything older than so many seconds then is. Null: not known. */
    readonly lagSeconds: number | null;
    /** What is behind, in words; null when nothing is, or nothing is known. */
    readonly behind: string | null;
}

/**
 * Compares by what cannot go backwards: Litestream's transaction, and the newest audit entry where a probe of that name
 * asks for it. Production goes on writing, so "newer" is as good as "the same".
 */
export function currencyOf({ production }: RemoteEvidence, database: DatabaseResult): Currency {
    const unknown: Currency = { lagSeconds: null, behind: null };
    if (production.view === null || database.status !== "restored") return unknown;
    const { askedAt, replicated, result } = production.view;
    const audit = auditLag(result.databases.find(({ id }) => id === database.id), database); // prettier-ignore
    const txid = replicated.get(database.id) ?? null;
    if (txid !== null && database.txid !== null && database.txid < txid) {
        const { restorePointAt } = database;
        const lagSeconds = restorePointAt === null ? audit : Math.max(0, (askedAt - restorePointAt) / 1000);
        return { lagSeconds, behind: `transaction ${short(database.txid)}, where production was at ${short(txid)}` };
    }
    if (audit !== null && audit > 0)
        return { lagSeconds: audit, behind: `newest audit entry ${audit.toFixed(1)} s older than production's` };
    const known = (txid !== null && database.txid !== null) || audit === 0;
    return known ? { lagSeconds: 0, behind: null } : unknown;
}

/** By how many seconds the newest audit entry of a restore is older than production's was; null where nobody asked. */
function auditLag(original: DatabaseResult | undefined, database: DatabaseResult): number | null {
    const [before, now] = [original?.probes["newestAuditAt"], database.probes["newestAuditAt"]];
    if (typeof before !== "number") return null;
    return typeof now === "number" ? Math.max(0, (before - now) / 1000) : null;
}

/**
 * What production had when it was asked is there, unless the restore began so soon afterwards that the RPO covers it.
 * A database is named when it is older than promised; nothing is said of one that cannot be compared.
 */
export function currency(evidence: RemoteEvidence): Check[] {
    const { production, result, rpoSeconds } = evidence;
    const expected = `not more than ${rpoSeconds} s older than production was`;
    if (production.view === null) return [unmade("current", expected, production.why)];
    if (result === null) return [];
    const waited = (result.startedAt - production.view.askedAt) / 1000;
    return result.databases
        .filter(({ status }) => status === "restored")
        .map((database): Check => {
            const { lagSeconds, behind } = currencyOf(evidence, database);
            if (lagSeconds === null && behind === null)
                return {
                    ...unmade("current", expected, "production does not say how far it was"),
                    database: database.id,
                };
            if (behind === null || (lagSeconds !== null && lagSeconds <= rpoSeconds))
                return check("current", database.id, true, {
                    expected,
                    actual: behind ?? "as new as production was",
                    remedy: "",
                });
            // Too soon to tell: what is missing may have been written just before production was asked.
            if (waited < rpoSeconds)
                return {
                    ...unmade("current", expected, `${behind}; the restore began only ${waited.toFixed(0)} s later`),
                    database: database.id,
                };
            return check("current", database.id, false, {
                expected,
                actual: `${behind}${lagSeconds === null ? "" : `: up to ${lagSeconds.toFixed(0)} s are missing`}`,
                remedy: "Its replica has stopped, or lacks its newest files: look at Litestream's journal on production, and at the bucket.",
            });
        });
}

const short = (txid: string) => txid.replace(/^0+(?=.)/, "");

function unmade(id: string, expected: string, actual: string): Check {
    return { id, database: null, status: "not-run", expected, actual, remedy: "" };
}
