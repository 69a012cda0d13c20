import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import Database from "better-sqlite3";
import { requireLinuxRoot } from "../../local/toolchain/linux-root.ts";
import { openRun } from "../../local/run.ts";
import { listObjects } from "../adapters/s3.ts";
import type { Progress } from "../progress.ts";
import { costOf } from "./cost.ts";
import { failureOf, problemOf } from "./failure.ts";
import { type RunningLoad, startLoadOn, writesOf } from "./load.ts";
import { folderFleet } from "./folder-fleet.ts";
import { inspectFolder } from "./inspect-folder.ts";
import { openCloud } from "./phases/cloud.ts";
import { destroy } from "./phases/destruction.ts";
import { keep, rebuildProduction } from "./phases/keep.ts";
import { disaster, live, replicatedBy } from "./phases/live.ts";
import { baselineOf, produce, replicaAccess, untilReplicated } from "./phases/production.ts";
import { askApp, recover, tryReaderWrite } from "./phases/recovery.ts";
import { setUp, toolchainRecord } from "./phases/setup.ts";
import { Phases } from "./phases.ts";
import type { DrillPlan } from "./plan.ts";
import { type DrillRecord, newRecord } from "./record.ts";
import { ReportFolder } from "./report-folder.ts";
import { sampleFleet } from "./sample-fleet.ts";
import type { Source } from "./source.ts";
import { requireSpace, stagingStorage } from "./space.ts";
import { stackNames } from "./stack-config.ts";
import { judge } from "./verdict.ts";
import { writeLosses } from "./write-losses.ts";
import type { Conduct, Site } from "./world.ts";

export { endKeptRun } from "../../local/run.ts";

/** What a drill came to: its record, and the folder with the report. */
export interface DrillResult {
    readonly record: DrillRecord;
    readonly folder: string;
}

/**
 * Carries out a drill and clears up after it, whatever happens on the way. A drill that could not be carried to its end
 * is a failed one: `record.failure` says why.
 * @param say receives the phase and what is being done in it.
 */
export async function runDrill(
    plan: DrillPlan,
    signal: AbortSignal,
    say: (phase: string, line: string) => void,
): Promise<DrillResult> {
    const startedAt = new Date();
    const report = new ReportFolder(plan.reportFolder);
    const record = newRecord({ stack: stackNames.staging, seed: plan.seed, startedAt });
    record.rpo.targetSeconds = plan.rpoSeconds;
    const phases = new Phases(record, () => report.save(record), say, signal);
    try {
        await drill({ plan, progress: phases.progress, signal }, phases, record, report);
    } catch (error) {
        // What was asked for cannot be done here, or was called off: no report of a drill that never began.
        if (!report.exists) throw error;
        record.verdict = "failed";
        record.failure = failureOf(error, signal);
    }
    if (!record.cleanup.destroyed && !plan.keep) record.verdict = "failed";
    record.finishedAt = new Date().toISOString();
    await report.finish(record);
    return { record, folder: report.path };
}

async function drill(conduct: Conduct, phases: Phases, record: DrillRecord, report: ReportFolder): Promise<void> {
    const { plan, progress, signal } = conduct;
    requireLinuxRoot();
    await report.requireFree();
    if (plan.source.kind === "folder") await inspectFolder(plan.source.path);
    // Set-up makes nothing that must be removed, and its builds take minutes: an interrupt need not wait for them.
    const workshop = await phases.run("setup", () => Promise.race([setUp(conduct), interruption(signal)]));
    record.toolchain = toolchainRecord(workshop, sqliteVersion(), plan.store);

    const run = await openRun(progress);
    record.runId = run.id;
    const stacks: Stack[] = [];
    const opened = (stack: Stack) => stacks.push(stack);
    const kept = { sites: false };
    let load: RunningLoad | null = null;
    try {
        const source = await phases.run("fleet", async () => {
            await requireSpace(run.dir, plan);
            const scratch = join(run.dir, "scratch");
            await mkdir(scratch, { recursive: true });
            return prepareSource(plan, scratch, progress);
        });
        signal.throwIfAborted();
        await report.create(run.id);
        const cloud = await phases.run("cloud", () => openCloud(conduct, workshop, run, report.log));

        const { fleet } = source;
        const production = await phases.run("production", () => produce(conduct, workshop, cloud, fleet, opened));
        // A copy of real data is needed again only where production is to be rebuilt.
        if (!plan.keep) await rm(join(run.dir, "scratch"), { recursive: true });
        const baseline = await phases.run("replication", async () => {
            const known = source.originals ?? (await baselineOf(production.server));
            const slots = known.filter((database) => database.id !== "global" && database.problem === null);
            await untilReplicated(
                conduct,
                cloud,
                slots.map((database) => database.id),
            );
            return known;
        });

        if (production.appUrl !== null) load = startLoadOn(production.appUrl, cloud, baseline, plan.seed);
        const replicated = await (load === null
            ? replicatedBy(production)
            : underLoad(phases, conduct, production, load));
        signal.throwIfAborted();
        const killedAt = await phases.run("disaster", () => disaster(conduct, cloud));
        // Ends while the recovery begins: the disaster waits for nobody.
        const written = load === null ? Promise.resolve(new Map<string, never>()) : writesOf(load);

        const { site, ...evidence } = await phases.run("recovery", async () => {
            const storage = await stagingStorage(plan);
            if (storage === "disk")
                progress("too little memory for staging's disk: it lies on this machine's, in clear");
            const recovered = await recover(conduct, workshop, cloud, fleet, storage, opened);
            if (recovered.failure !== null) record.failure = problemOf(recovered.failure);
            const { site, result } = recovered;
            const appAnswers = site === null || result === null ? [] : await askApp(site, result, plan.seed);
            return {
                site,
                rpoSeconds: plan.rpoSeconds,
                killedAt,
                recoveredAt: site === null ? null : Date.now(),
                result,
                baseline,
                writes: await written,
                replicated,
                appAnswers: fleet.app.serve === undefined ? null : appAnswers,
                seed: plan.seed,
            };
        });
        await phases.run("verification", async () => {
            const judged = judge({ ...evidence, readerWrite: await tryReaderWrite(cloud) });
            Object.assign(record, judged);
            if (record.failure !== null) record.verdict = "failed";
            record.load = load === null ? null : { seconds: plan.loadSeconds, ...totals(load), lost: lostOf(record) };
            await writeLosses(report.path, evidence);
            const { countsFile } = cloud.store;
            if (countsFile !== null) await copyFile(countsFile, join(report.path, "requests.json"));
            const replica = await listObjects(replicaAccess(cloud, cloud.accounts.admin));
            record.cost = costOf({ ...record.fleet, rpoSeconds: plan.rpoSeconds, replica, settled: false }, 0);
        });
        if (plan.keep)
            await phases.run("keeping", async () => {
                const rebuilt = await rebuildProduction(conduct, cloud, production);
                await keep(cloud, site === null ? [rebuilt] : [rebuilt, site], progress);
                kept.sites = true;
                record.cleanup.kept = true;
            });
    } finally {
        await load?.load.stop().catch(() => undefined); // its log matters no more
        if (!kept.sites)
            record.cleanup = await phases.run("destruction", () => destroy(run, stacks, report.log, progress));
    }
}

/** Rejects when the signal aborts. */
function interruption(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
        const stop = () => {
            reject(new Error("interrupted"));
        };
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop, { once: true });
    });
}

function prepareSource(plan: DrillPlan, scratch: string, progress: Progress): Promise<Source> {
    const { source, catalogQuery } = plan;
    if (source.kind === "sample") return sampleFleet(plan, source.slots);
    return folderFleet({ folder: source.path, catalogQuery, scratch, progress });
}

function underLoad(phases: Phases, conduct: Conduct, production: Site, { load }: RunningLoad) {
    return phases.run("load", () => live(conduct, production, load));
}

function totals({ load }: RunningLoad) {
    const { acknowledged, slotsWritten, created, deactivated } = load.stats();
    return { acknowledged, slotsWritten, created, deactivated };
}

function lostOf(record: DrillRecord): number {
    return record.databases.reduce((sum, database) => sum + (database.lostWrites ?? 0), 0);
}

/** Of the SQLite that looks at databases. */
export function sqliteVersion(): string {
    const database = new Database(":memory:");
    const version = database.prepare<[], string>("SELECT sqlite_version()").pluck().get() ?? "unknown";
    database.close();
    return version;
}
