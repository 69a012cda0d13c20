import type { Problem } from "./result.ts";

/** Litestream's level of snapshots; below it, 0 holds one transaction a file and 1 to 8 hold compacted ranges. */
export const SNAPSHOT_LEVEL = 9;

/** One LTX file of a replica: transactions `minTxid` to `maxTxid`, both inclusive. */
export interface LtxFile {
    /** The object's key in the bucket. */
    key: string;
    level: number;
    minTxid: bigint;
    maxTxid: bigint;
    bytes: number;
    /** Epoch ms of the upload. */
    modifiedAt: number;
}

/** Transactions that no readable chain covers, both ends inclusive. */
export interface Gap {
    fromTxid: bigint;
    toTxid: bigint;
}

/** What a replica can be restored to. */
export interface RestorePlan {
    /** The files Litestream will read, in order; never empty. */
    chain: LtxFile[];
    /** The newest transaction that a contiguous chain reaches. */
    txid: bigint;
    bytes: number;
    /** Set when the replica holds newer transactions that the chain cannot reach. */
    gap: Gap | null;
}

/** Why nothing at all can be restored: not a single file was ever uploaded, or all are gone. */
export const EMPTY_REPLICA = "the replica is empty: it has no LTX file";

/** A plan, or why there is none. */
export type PlanOutcome = { plan: RestorePlan; problem: null } | { plan: null; problem: Problem };

/**
 * Plans a restore to the newest point that an unbroken chain of LTX files reaches, as Litestream itself chooses
 * (v0.5.18 replica.go, CalcRestorePlan): the newest snapshot, then at each step the file that reaches furthest.
 * Anything newer that the chain does not reach is named as a gap, for Litestream would restore past it silently.
 */
export function planRestore(files: readonly LtxFile[]): PlanOutcome {
    const newest = newestTxid(files);
    if (newest === null) {
        return problem(EMPTY_REPLICA, "look for it under its old path, or in a snapshot");
    }
    const chain = chainOf(files);
    const last = chain.at(-1);
    if (last === undefined) {
        const first = files.reduce((least, file) => (file.minTxid < least ? file.minTxid : least), newest);
        return problem(
            `the replica has no beginning: its oldest LTX file starts at transaction ${formatTxid(first)}, none at 1`,
            "undelete the missing objects if the bucket is versioned, or take the database from a snapshot",
        );
    }
    const gap = last.maxTxid < newest ? { fromTxid: last.maxTxid + 1n, toTxid: gapEnd(files, last.maxTxid) } : null;
    const bytes = chain.reduce((sum, file) => sum + file.bytes, 0);
    return { plan: { chain, txid: last.maxTxid, bytes, gap }, problem: null };
}

/** A transaction id as Litestream writes it: 16 hex digits. */
export function formatTxid(txid: bigint): string {
    return txid.toString(16).padStart(16, "0");
}

function chainOf(files: readonly LtxFile[]): LtxFile[] {
    const snapshots = files.filter((file) => file.level === SNAPSHOT_LEVEL && file.minTxid === 1n);
    const start = furthest(snapshots);
    const chain = start === null ? [] : [start];
    let reached = start?.maxTxid ?? 0n;
    // Sorted by first transaction: each file is looked at once, however long the chain is.
    const rest = files.filter((file) => file.level !== SNAPSHOT_LEVEL).sort((a, b) => compare(a.minTxid, b.minTxid));
    let best: LtxFile | null = null;
    for (let index = 0; ;) {
        for (let file = rest[index]; file !== undefined && file.minTxid <= reached + 1n; file = rest[++index]) {
            best = better(best, file);
        }
        if (best === null || best.maxTxid <= reached) return chain;
        chain.push(best);
        reached = best.maxTxid;
    }
}

function furthest(files: readonly LtxFile[]): LtxFile | null {
    return files.reduce<LtxFile | null>((best, file) => better(best, file), null);
}

/** Whichever reaches further; between equals, the higher level (one file instead of a part of one). */
function better(best: LtxFile | null, file: LtxFile): LtxFile {
    if (best === null || file.maxTxid > best.maxTxid) return file;
    return file.maxTxid === best.maxTxid && file.level > best.level ? file : best;
}

/** The last transaction before the next file that is there. */
function gapEnd(files: readonly LtxFile[], reached: bigint): bigint {
    const starts = files.filter((file) => file.minTxid > reached + 1n).map((file) => file.minTxid);
    return starts.reduce((least, start) => (start < least ? start : least), starts[0] ?? reached + 1n) - 1n;
}

/** The newest transaction that any file holds, reachable or not; null for no files. */
export function newestTxid(files: readonly LtxFile[]): bigint | null {
    return files.reduce<bigint | null>((max, file) => (max === null || file.maxTxid > max ? file.maxTxid : max), null);
}

function compare(a: bigint, b: bigint): number {
    if (a === b) return 0;
    return a < b ? -1 : 1;
}

function problem(message: string, hint: string): PlanOutcome {
    return { plan: null, problem: { message, hint } };
}
