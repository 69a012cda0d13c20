import type { Probe } from "../../components/fleet-settings.ts";
import { canaryEmail } from "./schema.ts";

/** The load generator's sequence numbers in a table as ranges, "1-57,59"; NULL when there is none. */
function sequences(table: "actions" | "users"): Probe {
    return {
        name: "sequences",
        sql: `SELECT group_concat(CASE WHEN first = last THEN first ELSE first || '-' || last END, ',')
            FROM (SELECT min(seq) AS first, max(seq) AS last
                FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM ${table} WHERE seq IS NOT NULL)
                GROUP BY island ORDER BY first)`,
    };
}

const newestAuditAt: Probe = { name: "newestAuditAt", sql: "SELECT max(at) FROM audit_log" };

/** What to ask of the sample app's databases, restored or live, to compare them with the log of acknowledged writes. */
export const appProbes: { readonly global: readonly Probe[]; readonly slot: readonly Probe[] } = {
    global: [
        { name: "users", sql: "SELECT count(*) FROM users" },
        { name: "canary", sql: `SELECT count(*) FROM users WHERE email = '${canaryEmail}'` },
        { name: "activeSlots", sql: "SELECT count(*) FROM slots WHERE active = 1" },
        newestAuditAt,
        sequences("users"),
    ],
    slot: [{ name: "actionCount", sql: "SELECT count(*) FROM actions" }, newestAuditAt, sequences("actions")],
};
