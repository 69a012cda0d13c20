import type { FleetResult, ProbeAnswer } from "../fleet/result.ts";

/** One write that the app acknowledged; times in epoch ms on the drill's own clock. */
export interface AcknowledgedWrite {
    readonly seq: number;
    readonly sentAt: number;
    readonly ackedAt: number;
}

/** When a slot was asked to be created or deactivated, and when the app said it was; epoch ms. */
export interface SlotEvent {
    readonly sentAt: number;
    readonly ackedAt: number | null;
}

/** What the load generator did to one database. */
export interface DatabaseWrites {
    /** In order of `seq`. */
    readonly acknowledged: readonly AcknowledgedWrite[];
    /** Sent, but the answer never came: they may or may not have been committed. */
    readonly uncertain: readonly number[];
    readonly created: SlotEvent | null;
    readonly deactivated: SlotEvent | null;
}

/** What production said of one database while all was well. */
export interface BaselineDatabase {
    readonly id: string;
    readonly schemaHash: string | null;
    readonly digest: string | null;
    readonly tables: readonly { readonly name: string; readonly rows: number }[];
    readonly probes: Readonly<Record<string, ProbeAnswer>>;
    /** Why there is no sound original of it (`--data` of a broken file); null when there is. */
    readonly problem: string | null;
}

/** Whether the recovered app did what was asked of it. */
export interface AppAnswer {
    readonly ask: "read" | "write";
    readonly slot: string;
    readonly expected: string;
    readonly actual: string;
    readonly ok: boolean;
}

/** All that a verdict is made from; the verdict itself looks at nothing else. */
export interface Evidence {
    readonly rpoSeconds: number;
    /** Epoch ms of the disaster. */
    readonly killedAt: number;
    /** Epoch ms at which the app answered from restored data and everything was verified; null when it never did. */
    readonly recoveredAt: number | null;
    readonly result: FleetResult | null;
    readonly baseline: readonly BaselineDatabase[];
    /** By database id; empty when nothing was written. */
    readonly writes: ReadonlyMap<string, DatabaseWrites>;
    /** What production's Litestream was replicating when last asked. */
    readonly replicated: { readonly askedAt: number; readonly ids: readonly string[] } | null;
    readonly appAnswers: readonly AppAnswer[] | null;
    /** What the object store said to a write with staging's key. */
    readonly readerWrite: { readonly refused: boolean; readonly answer: string } | null;
    /** A number from the drill's seed: which slot is looked at most closely. */
    readonly seed: number;
}

/** Nothing was done to it. */
export const untouched: DatabaseWrites = { acknowledged: [], uncertain: [], created: null, deactivated: null };
