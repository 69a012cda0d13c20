import type { ServerConfig } from "../../components/config/server.ts";
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

/**
 * On-demand prices of us-east-1 by the hour, read 2026-09; a public IPv4 address; gp3 by GB and month of 730 hours.
 * Elsewhere it is up to a third more: a drill costs cents, and this says how many.
 */
const ec2 = {
    hourly: new Map([
        ["t4g.small", 0.0168],
        ["t4g.medium", 0.0336],
        ["t4g.large", 0.0672],
        ["t3.small", 0.0208],
        ["t3.medium", 0.0416],
        ["t3.large", 0.0832],
    ]),
    address: 0.005,
    gbMonth: 0.08,
};

/** What a staging server costs for the time of a drill; 0 for a server that is yours anyway, or of no known price. */
export function serverUsd(server: ServerConfig, seconds: number): number {
    const hourly = server.kind === "ec2" ? ec2.hourly.get(server.instanceType) : undefined;
    if (server.kind !== "ec2" || hourly === undefined) return 0;
    // Billed by the second, a minute at least.
    const hours = Math.max(60, seconds) / 3600;
    const usd = (hourly + ec2.address + (server.volumeGb * ec2.gbMonth) / 730) * hours;
    return Math.round(usd * 10_000) / 10_000;
}
