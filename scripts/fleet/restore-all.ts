import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";

import pMap from "p-map";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { globalReplicaPath, slotReplicaPath } from "../../components/fleet-settings.ts";
import { writeFileAtomically } from "../adapters/atomic-file.ts";
import type { StoreKeys } from "../adapters/object-store.ts";
import { openObjectReader } from "../adapters/object-store.ts";
import { lookUpOwner } from "../adapters/ownership.ts";
import { withProcessLock } from "../adapters/process-lock.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

import { readCatalog } from "./catalog.ts";
import type { FleetFolder } from "./fleet-folder.ts";
import { fleetFolder, prepareForRestore, slotPath, unexpectedEntries } from "./fleet-folder.ts";
import { ObservePool } from "./observe-pool.ts";
import { listGlobalReplica, listSlotReplicas } from "./replica-listing.ts";
import type { RestoreContext, RestoreTarget } from "./restore.ts";
import { blankResult, restoreDatabase } from "./restore.ts";
import type { LtxFile } from "./restore-plan.ts";
import { formatTxid, newestTxid } from "./restore-plan.ts";
import { ResultWriter } from "./result-writer.ts";
import type { DatabaseResult, FleetResult } from "./result.ts";
import type { SlotId } from "./slot-id.ts";

/** What a restore of a whole fleet is asked to do. */
export interface RestoreAllOptions {
    settings: FleetSettings;
    keys: StoreKeys;
    /** A file that holds the result as it grows; null for none. */
    resultPath: string | null;
    /** A bucket without any replica is a new fleet, not an error. */
    allowEmptyReplica: boolean;
    acceptGaps: boolean;
    progress: Progress;
    now?: () => number;
}

/**
 * Restores the global database, reads the catalog from it, and restores and verifies every active slot beside it.
 * What is wrong with one database stands in its result and stops no other.
 * @throws SlotkeeperError "usage" when there is something to restore and the data folder is not empty, "notFound" when there is no replica of the global
 * database, "remote" when the object store cannot be listed, "locked" while another restore of the folder runs.
 */
export async function restoreAll(options: RestoreAllOptions): Promise<FleetResult> {
    const folder = fleetFolder(options.settings);
    return withProcessLock(`restoring into ${folder.dataDir}`, async () => {
        const owner = options.settings.owner === null ? null : await lookUpOwner(options.settings.owner);
        const reader = openObjectReader(options.settings.replica, options.keys);
        const pool = new ObservePool();
        try {
            const files = await listGlobalReplica(reader, options.settings);
            if (files.length === 0) refuseUnlessEmpty(options, await listSlotReplicas(reader, options.settings));
            // A fleet that is here and was never backed up stays as it is: there is nothing to restore over it.
            if (files.length > 0 || !existsSync(folder.globalPath)) await prepareForRestore(folder, owner);
            const { settings, keys, acceptGaps, now = Date.now } = options;
            const { workDir, failedDir } = folder;
            const context = { settings, keys, reader, pool, workDir, failedDir, owner, acceptGaps, now };
            return await new FleetRestore(options, folder, context).run(files);
        } finally {
            reader.close();
            await pool.close();
            await rm(folder.workDir, { recursive: true, force: true });
        }
    });
}

function refuseUnlessEmpty(options: RestoreAllOptions, slots: Map<string, LtxFile[]>): void {
    const { bucket } = options.settings.replica;
    const path = globalReplicaPath(options.settings);
    if (slots.size > 0) {
        const message = `bucket ${bucket} has replicas of ${slots.size} slots but none of the global database at ${path}`;
        throw new SlotkeeperError(
            "notFound",
            message,
            "check replica.prefix; restore the global database from a snapshot",
        );
    }
    if (options.allowEmptyReplica) return;
    const message = `bucket ${bucket} has no replica of the global database at ${path}`;
    throw new SlotkeeperError("notFound", message, "check replica.bucket and replica.prefix in the fleet settings");
}

/** One run of restoreAll: the result that grows, and who is told of it. */
class FleetRestore {
    readonly #options: RestoreAllOptions;
    readonly #folder: FleetFolder;
    readonly #context: RestoreContext;
    readonly #result: FleetResult;
    readonly #writer: ResultWriter;
    readonly #newest = new Map<string, string>();

    constructor(options: RestoreAllOptions, folder: FleetFolder, context: RestoreContext) {
        this.#options = options;
        this.#folder = folder;
        this.#context = context;
        this.#writer = new ResultWriter(options.resultPath);
        const startedAt = context.now();
        const catalog = { active: [], refused: [], problem: null };
        this.#result = {
            version: 1,
            startedAt,
            finishedAt: startedAt,
            complete: false,
            catalog,
            databases: [],
            unexpected: [],
        };
    }

    async run(globalFiles: LtxFile[]): Promise<FleetResult> {
        if (globalFiles.length > 0) {
            await this.#restoreFleet(globalFiles);
            this.#result.unexpected = await unexpectedEntries(this.#folder, this.#result.catalog.active);
        } else this.#options.progress("the bucket holds no replica: this is a new fleet, nothing to restore");
        this.#result.databases.sort(byKindAndId);
        this.#result.finishedAt = this.#context.now();
        this.#result.complete = true;
        await this.#rememberReplicas();
        await this.#writer.end(this.#result);
        return this.#result;
    }

    async #restoreFleet(globalFiles: LtxFile[]): Promise<void> {
        const { settings, progress } = this.#options;
        progress("restoring the global database");
        // The listing of the slots needs nothing from the global database: both at once.
        const listing = listSlotReplicas(this.#context.reader, settings);
        const [global, replicas] = await Promise.all([this.#restore(this.#globalTarget(globalFiles)), listing]);
        await this.#record(global.verified);
        const active = this.#readCatalog();
        const targets = this.#slotTargets(active, replicas);
        progress(`restoring ${active.length} slots, ${settings.restoreConcurrency} at once`);
        const verifications: Promise<void>[] = [];
        const restoreOne = async (target: RestoreTarget): Promise<void> => {
            const { verified } = await this.#restore(target);
            verifications.push(this.#record(verified));
        };
        await pMap(targets, restoreOne, { concurrency: settings.restoreConcurrency });
        await Promise.all(verifications);
    }

    /** As restoreDatabase, with anything unforeseen named in that database's result. */
    async #restore(target: RestoreTarget): Promise<{ verified: Promise<DatabaseResult> }> {
        const unforeseen = (error: unknown): DatabaseResult => {
            const message = error instanceof Error ? error.message : String(error);
            const problem = { message, hint: "free what it names, then restore again into an empty folder" };
            return { ...blankResult(target, this.#context.now()), problem };
        };
        const newest = newestTxid(target.files);
        if (newest !== null) this.#newest.set(`${target.kind}:${target.id}`, formatTxid(newest));
        try {
            const { verified } = await restoreDatabase(this.#context, target);
            return { verified: verified.catch(unforeseen) };
        } catch (error) {
            return { verified: Promise.resolve(unforeseen(error)) };
        }
    }

    async #record(verified: Promise<DatabaseResult>): Promise<void> {
        const database = await verified;
        this.#result.databases.push(database);
        this.#result.finishedAt = this.#context.now();
        const done = this.#result.databases.length;
        const total = this.#result.catalog.active.length + 1;
        if (database.status === "failed") {
            this.#options.progress(`${database.id} failed: ${database.problem?.message ?? "no reason was given"}`);
        } else if (done > 1 && (done % 25 === 0 || done === total)) {
            this.#options.progress(`${done} of ${total} databases are restored and verified`);
        }
        this.#writer.note(this.#result);
    }

    #readCatalog(): SlotId[] {
        // A global database that is not sound is set aside; its catalog is still the best there is.
        const aside = `${this.#folder.failedDir}/global-${this.#options.settings.globalFile}`;
        const path = existsSync(this.#folder.globalPath) ? this.#folder.globalPath : aside;
        const { active, refused, problem } = readCatalog(path, this.#options.settings.catalogQuery, "alone");
        this.#result.catalog = { active, refused, problem };
        for (const { id, reason } of refused) this.#options.progress(`slot id ${id} is refused: ${reason}`);
        if (problem !== null) this.#options.progress(problem.message);
        return active;
    }

    #globalTarget(files: LtxFile[]): RestoreTarget {
        const { settings } = this.#options;
        const replicaPath = globalReplicaPath(settings);
        const path = this.#folder.globalPath;
        return { id: "global", kind: "global", path, replicaPath, files, probes: settings.probes.global };
    }

    /** Biggest first, so that no long restore is left alone at the end. */
    #slotTargets(active: SlotId[], replicas: Map<string, LtxFile[]>): RestoreTarget[] {
        const { settings } = this.#options;
        const targets = active.map((id): RestoreTarget & { bytes: number } => {
            const replicaPath = slotReplicaPath(settings, id);
            const files = replicas.get(replicaPath) ?? [];
            const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
            const path = slotPath(this.#folder, id);
            return { id, kind: "slot", path, replicaPath, files, probes: settings.probes.slot, bytes };
        });
        return targets.sort((a, b) => b.bytes - a.bytes);
    }

    /** So that Litestream may later go on from here, and from nowhere older, even past a gap that was accepted. */
    async #rememberReplicas(): Promise<void> {
        const restored = this.#result.databases.filter(({ status }) => status === "restored");
        const newest = restored.map(({ kind, id }) => [`${kind}:${id}`, this.#newest.get(`${kind}:${id}`)]);
        const text = `${JSON.stringify(Object.fromEntries(newest))}\n`;
        await writeFileAtomically(this.#folder.restoredPath, text, { mode: 0o600, owner: this.#context.owner });
    }
}

function byKindAndId(a: DatabaseResult, b: DatabaseResult): number {
    if (a.kind !== b.kind) return a.kind === "global" ? -1 : 1;
    return a.id < b.id ? -1 : 1;
}
