import { costSchema } from "../../components/config/cost.ts";
import { estimate } from "../../components/cost/estimate.ts";
import type { StoredObject } from "../adapters/s3.ts";
import type { DrillRecord } from "./record.ts";

export { drillUsd } from "../../components/cost/compute.ts";

/** What a drill knows of the fleet whose backups it proves. */
export interface DrilledFleet {
    readonly slots: number;
    /** Bytes of all its databases. */
    readonly bytes: number;
    readonly rpoSeconds: number;
    /** The replica bucket's objects; null where it could not be listed. */
    readonly replica: readonly StoredObject[] | null;
    /** Whether the bucket is old enough to hold its whole history; that of a drill's own production is minutes old. */
    readonly settled: boolean;
}

/** `<database>/<level>/<transactions>.ltx`; level 9 is that of whole copies. */
const wholeCopy = /^(?<database>.+)\/0009\/[^/]+\.ltx$/;

/**
 * What keeping this fleet's backups costs a month on B2, its usual activity taken to be the default of slotkeeper:cost:
 * a drill's own load says nothing of it. How far Litestream compresses these databases is measured.
 * @param drillUsd what the drill itself cost.
 */
export function costOf(fleet: DrilledFleet, drillUsd: number): DrillRecord["cost"] {
    const cost = costSchema.parse({ slots: fleet.slots });
    const { budgetUsd } = cost;
    if (fleet.replica === null || fleet.bytes === 0) return { drillUsd: cents(drillUsd), monthlyUsd: null, budgetUsd };
    const replicaBytes = fleet.replica.reduce((sum, { bytes }) => sum + bytes, 0);
    const megabytes = fleet.bytes / (fleet.slots + 1) / 1e6;
    const { monthlyUsd } = estimate({
        backend: "b2",
        rpoSeconds: fleet.rpoSeconds,
        keepDeletedDays: 7,
        storedShare: Math.min(1, copyBytes(fleet.replica) / fleet.bytes),
        ...(fleet.settled && { replicaBytes }),
        cost: { ...cost, slotMb: megabytes, globalMb: megabytes },
    });
    return { drillUsd: cents(drillUsd), monthlyUsd: cents(monthlyUsd), budgetUsd };
}

/** Bytes of one whole copy of each database: the newest that is there. */
function copyBytes(replica: readonly StoredObject[]): number {
    const newest = new Map<string, StoredObject>();
    for (const object of replica) {
        const database = wholeCopy.exec(object.key)?.groups?.["database"];
        // Keys end in the last transaction, in hex digits of one length: the greatest is the newest.
        if (database !== undefined && object.key > (newest.get(database)?.key ?? "")) newest.set(database, object);
    }
    return [...newest.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

const cents = (usd: number) => Math.round(usd * 100) / 100;
