import type { DrillRecord } from "./record.ts";

/** Backblaze B2, read 2026-09: storage $6.95 per TB and month, the first 10 GB free; API calls free. */
const b2 = { usdPerGbMonth: 0.00695, freeGb: 10 };

/**
 * How many times the first copy a week of history takes. Assumed, not measured: what one product with 200 slots reported
 * of its own (HelperX, "SQLite Backup Strategy for Production SaaS").
 */
const historyFactor = 5;

/**
 * What keeping this fleet's backups costs a month on B2, from the bytes now in the replica bucket; a local drill itself
 * costs nothing.
 */
export function costOf(bucketBytes: number | null): DrillRecord["cost"] {
    const gb = ((bucketBytes ?? 0) * historyFactor) / 1e9;
    const monthlyUsd = Math.max(0, gb - b2.freeGb) * b2.usdPerGbMonth;
    return { drillUsd: 0, monthlyUsd: bucketBytes === null ? null : Math.round(monthlyUsd * 100) / 100, budgetUsd: 10 };
}
