import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { FleetSettings, Probe } from "../../components/fleet-settings.ts";
import type { Ownership } from "../adapters/ownership.ts";
import { giveTo } from "../adapters/ownership.ts";
import { litestreamConfig, litestreamRestore } from "../adapters/litestream.ts";
import type { ObjectReader, StoreKeys } from "../adapters/object-store.ts";

import { emptyObservation } from "./observe.ts";
import type { ObservePool } from "./observe-pool.ts";
import type { LtxFile, RestorePlan } from "./restore-plan.ts";
import { formatTxid, planRestore } from "./restore-plan.ts";
import type { DatabaseResult, Observation, Problem } from "./result.ts";

/** What every restore of one fleet shares. */
export interface RestoreContext {
    settings: FleetSettings;
    keys: StoreKeys;
    reader: ObjectReader;
    pool: ObservePool;
    /** Folder for files that are not yet proven, on the same file system as the data. */
    workDir: string;
    /** Folder for restored files that are not sound: kept to look at, never put in place. */
    failedDir: string;
    owner: Ownership | null;
    /** Put a database in place although its replica has a gap; the gap stays in `problem`. */
    acceptGaps: boolean;
    now: () => number;
}

/** One database to restore: where it goes, and what its replica holds. */
export interface RestoreTarget {
    id: string;
    kind: "global" | "slot";
    /** Where the sound database is put; must not exist. */
    path: string;
    replicaPath: string;
    files: readonly LtxFile[];
    probes: Probe[];
}

/** Seconds a restore may take whatever its size, and bytes a second below which it counts as stuck. */
const DEADLINE = { seconds: 60, bytesPerSecond: 500_000 };

/**
 * Restores one database to the newest transaction its replica reaches, in two steps that a caller may overlap between
 * databases: the returned promise is fulfilled when the file is fetched, its `verified` when the file is proven and in
 * place, or is not sound and set aside. Neither rejects for what is wrong with one database: the result says it.
 * Never overwrites, and never tries twice.
 */
export async function restoreDatabase(
    context: RestoreContext,
    target: RestoreTarget,
): Promise<{ verified: Promise<DatabaseResult> }> {
    const blank = blankResult(target, context.now());
    const { plan, problem } = planRestore(target.files);
    if (plan === null) return { verified: Promise.resolve({ ...blank, problem }) };
    const result: DatabaseResult = { ...blank, txid: formatTxid(plan.txid), ltxFiles: plan.chain.length };
    if (plan.gap !== null) {
        result.problem = gapProblem(plan);
        if (!context.acceptGaps) return { verified: Promise.resolve(result) };
    }
    const started = performance.now();
    const fetched = join(context.workDir, `${target.kind}-${basename(target.path)}`);
    const [failure, restorePointAt] = await Promise.all([
        fetchDatabase(context, target, plan, fetched),
        restorePointOf(context.reader, plan),
    ]);
    result.restorePointAt = restorePointAt;
    result.restoreSeconds = (performance.now() - started) / 1000;
    result.finishedAt = context.now();
    if (failure !== null) {
        await rm(fetched, { force: true });
        return { verified: Promise.resolve({ ...result, problem: failure }) };
    }
    return { verified: verifyAndPlace(context, target, fetched, result) };
}

/** The result of a database nothing has been done for yet. */
export function blankResult(target: Pick<RestoreTarget, "id" | "kind">, now: number): DatabaseResult {
    return {
        id: target.id,
        kind: target.kind,
        status: "failed",
        problem: null,
        txid: null,
        restorePointAt: null,
        ltxFiles: 0,
        restoreSeconds: 0,
        finishedAt: now,
        ...emptyObservation(),
    };
}

/** What is wrong with an observed database, if anything; `where` says where its file is. */
export function soundnessProblem(seen: Observation, where: string): Problem | null {
    const [first, ...more] = seen.integrity;
    if (first !== undefined) {
        const message = more.length === 0 ? first : `${first} (and ${more.length} more)`;
        return { message: `integrity check: ${message}`, hint: `${where}; restore an older point or take a snapshot` };
    }
    if (seen.foreignKeyViolations > 0) {
        const count = seen.foreignKeyViolations;
        const message = count === 1 ? "1 row violates a foreign key" : `${count} rows violate a foreign key`;
        return { message, hint: `${where}; PRAGMA foreign_key_check lists them; compare with production` };
    }
    return null;
}

async function fetchDatabase(
    context: RestoreContext,
    target: RestoreTarget,
    plan: RestorePlan,
    output: string,
): Promise<Problem | null> {
    const { settings, keys } = context;
    const configPath = `${output}.json`;
    await writeFile(configPath, litestreamConfig(target.path, settings.replica, target.replicaPath), { mode: 0o600 });
    const seconds = DEADLINE.seconds + plan.bytes / DEADLINE.bytesPerSecond;
    const outcome = await litestreamRestore({
        binary: settings.litestream,
        configPath,
        database: target.path,
        txid: formatTxid(plan.txid),
        output,
        keys,
        timeoutMilliseconds: Math.ceil(seconds * 1000),
    });
    await rm(configPath, { force: true });
    if (outcome.ok) return null;
    await rm(`${output}.tmp`, { force: true });
    if (outcome.timedOut) {
        const message = `litestream restore did not end within ${Math.ceil(seconds)} s`;
        return { message, hint: "check the object store and the network, then restore again into an empty folder" };
    }
    return { message: `litestream restore: ${outcome.message}`, hint: hintFor(outcome.message) };
}

/** When the newest restored transaction was written: Litestream's own timestamp, else the time of the upload. */
async function restorePointOf(reader: ObjectReader, plan: RestorePlan): Promise<number | null> {
    const last = plan.chain.at(-1);
    if (last === undefined) return null;
    const metadata = await reader.metadata(last.key).catch((): Record<string, string> => ({}));
    const written = Date.parse(metadata["litestream-timestamp"] ?? "");
    return Number.isNaN(written) ? Math.round(last.modifiedAt) : written;
}

async function verifyAndPlace(
    context: RestoreContext,
    target: RestoreTarget,
    fetched: string,
    result: DatabaseResult,
): Promise<DatabaseResult> {
    const { settings, pool } = context;
    const seen = await pool.observe({ path: fetched, use: "alone", digest: settings.digest, probes: target.probes });
    const observed = { ...result, ...seen };
    const kept = join(context.failedDir, basename(fetched));
    const unsound = soundnessProblem(seen, `the file is kept as ${kept}`);
    if (context.owner !== null) await giveTo(fetched, context.owner, 0o640);
    if (unsound !== null) {
        await mkdir(context.failedDir, { recursive: true, mode: 0o700 });
        await rename(fetched, kept);
        return { ...observed, problem: unsound, finishedAt: context.now() };
    }
    await rename(fetched, target.path);
    await syncFolder(dirname(target.path));
    return { ...observed, status: "restored", finishedAt: context.now() };
}

async function syncFolder(path: string): Promise<void> {
    const folder = await open(path, "r");
    try {
        await folder.sync();
    } finally {
        await folder.close();
    }
}

function gapProblem(plan: RestorePlan): Problem {
    const { gap, txid } = plan;
    const from = formatTxid(gap?.fromTxid ?? 0n);
    const to = formatTxid(gap?.toTxid ?? 0n);
    return {
        message: `transactions ${from} to ${to} are missing from the replica, which goes on after them`,
        hint:
            `undelete the missing LTX files if the bucket is versioned; or restore with --accept-gaps ` +
            `to stop at transaction ${formatTxid(txid)} and lose what is newer`,
    };
}

function hintFor(message: string): string {
    if (/checksum/i.test(message)) return "an LTX file is damaged: get an older version of the object, or a snapshot";
    if (/no space left/i.test(message)) return "free disk space, or restore to a bigger disk";
    if (/AccessDenied|SignatureDoesNotMatch|InvalidAccessKeyId/.test(message)) return "check the keys in store.env";
    return "see the message; a snapshot is the other way to this database's data";
}
