import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import Database from "better-sqlite3";
import { openRun } from "../../local/run.ts";
import { bucketBytes } from "../adapters/s3.ts";
import { SlotkeeperError } from "../errors.ts";
import { renderMarkdown } from "../report/markdown.ts";
import { costOf } from "./cost.ts";
import { type RunningLoad, startLoadOn, writesOf } from "./load.ts";
import { openLog } from "./log.ts";
import { openCloud } from "./phases/cloud.ts";
import { destroy } from "./phases/destruction.ts";
import { keep, rebuildProduction } from "./phases/keep.ts";
import { disaster, live, replicatedBy } from "./phases/live.ts";
import { baselineOf, produce, replicaAccess, untilReplicated } from "./phases/production.ts";
import { askApp, recover, tryReaderWrite } from "./phases/recovery.ts";
import { setUp, toolchainRecord } from "./phases/setup.ts";
import { Phases } from "./phases.ts";
import type { DrillPlan } from "./plan.ts";
import { type DrillRecord, markLatest, newRecord, replaceFile, writeRecord } from "./record.ts";
import { prepareSource } from "./source.ts";
import { requireSpace, stagingStorage } from "./space.ts";
import { stackNames } from "./stack-config.ts";
import { judge } from "./verdict.ts";
import { writeLosses } from "./write-losses.ts";
import type { Conduct } from "./world.ts";

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
    const run = { id: startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, "") };
    const folder = plan.reportFolder ?? resolve("reports", run.id);
    const record = newRecord({ runId: run.id, stack: stackNames.staging, seed: plan.seed, startedAt });
    record.rpo.targetSeconds = plan.rpoSeconds;
    await mkdir(folder, { recursive: true });
    const phases = new Phases(record, () => writeRecord(folder, record), say, signal);
    try {
        await drill({ plan, progress: phases.progress, signal }, phases, record, folder);
    } catch (error) {
        record.verdict = "failed";
        record.failure = failureOf(error, signal);
        // What was asked for cannot be done here: one message, and no report of a drill that never was.
        if (record.failure.kind === "usage" && !record.phases.some((phase) => phase.name === "production")) {
            await rm(folder, { recursive: true });
            throw error;
        }
    }
    if (!record.cleanup.destroyed && !plan.keep && record.phases.some((phase) => phase.name === "destruction"))
        record.verdict = "failed";
    record.finishedAt = new Date().toISOString();
    await writeRecord(folder, record);
    await replaceFile(join(folder, "summary.md"), renderMarkdown(record));
    if (plan.reportFolder === null) await markLatest(folder);
    return { record, folder };
}

async function drill(conduct: Conduct, phases: Phases, record: DrillRecord, folder: string): Promise<void> {
    const { plan, progress, signal } = conduct;
    // Set-up makes nothing that must be removed, and its builds take minutes: an interrupt need not wait for them.
    const workshop = await phases.run("setup", () => Promise.race([setUp(conduct), interruption(signal)]));
    record.toolchain = toolchainRecord(workshop, sqliteVersion());

    const log = openLog(folder, "pulumi.log");
    const run = await openRun(progress);
    const stacks: Stack[] = [];
    const opened = (stack: Stack) => stacks.push(stack);
    const kept = { sites: false };
    try {
        const source = await phases.run("fleet", async () => {
            const scratch = join(run.dir, "scratch");
            await mkdir(scratch, { recursive: true });
            const made = await prepareSource(plan, scratch, progress);
            await requireSpace(run.dir, plan, made.bytes);
            return made;
        });
        const cloud = await phases.run("cloud", () => openCloud(conduct, workshop, run, log.write));

        const { fleet } = source;
        const production = await phases.run("production", () => produce(conduct, workshop, cloud, fleet, opened));
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

        const load = production.appUrl === null ? null : startLoadOn(production.appUrl, cloud, baseline, plan.seed);
        const replicated =
            load === null
                ? await replicatedBy(production)
                : await phases.run("load", () => live(conduct, production, load.load));
        signal.throwIfAborted();
        const killedAt = await phases.run("disaster", () => disaster(conduct, cloud));
        // Ends while the recovery begins: the disaster waits for nobody.
        const written = load === null ? Promise.resolve(new Map<string, never>()) : writesOf(load);

        const { site, ...evidence } = await phases.run("recovery", async () => {
            const storage = stagingStorage(source.bytes);
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
            await writeLosses(folder, evidence);
            record.cost = costOf(await bucketBytes(replicaAccess(cloud, cloud.accounts.admin)));
        });
        if (plan.keep)
            await phases.run("keeping", async () => {
                const rebuilt = await rebuildProduction(conduct, cloud, production);
                await keep(cloud, site === null ? [rebuilt] : [rebuilt, site], progress);
                kept.sites = true;
            });
    } finally {
        if (!kept.sites)
            record.cleanup = await phases.run("destruction", () => destroy(run, stacks, log.write, progress));
        await log.close();
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

function totals({ load }: RunningLoad) {
    const { acknowledged, slotsWritten, created, deactivated } = load.stats();
    return { acknowledged, slotsWritten, created, deactivated };
}

function lostOf(record: DrillRecord): number {
    return record.databases.reduce((sum, database) => sum + (database.lostWrites ?? 0), 0);
}

function sqliteVersion(): string {
    const database = new Database(":memory:");
    const version = database.prepare<[], string>("SELECT sqlite_version()").pluck().get() ?? "unknown";
    database.close();
    return version;
}

function failureOf(error: unknown, signal: AbortSignal): NonNullable<DrillRecord["failure"]> {
    if (signal.aborted)
        return {
            kind: "interrupted",
            message: `interrupted by ${String(signal.reason)}`,
            hint: "Start it again when you like.",
        };
    if (error instanceof SlotkeeperError) return problemOf(error);
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "bug", message, hint: "This is a bug: please report it, with pulumi.log of the report's folder." };
}

function problemOf({ kind, message, hint }: SlotkeeperError): NonNullable<DrillRecord["failure"]> {
    return { kind, message, hint: hint ?? "" };
}
