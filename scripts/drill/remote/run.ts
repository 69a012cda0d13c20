import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { describeCommand } from "../../../local/toolchain/pulumi-arguments.ts";
import { openPulumi, type PulumiSession } from "../../../local/toolchain/pulumi-session.ts";
import { bucketBytes, tryWrite } from "../../adapters/s3.ts";
import { SlotkeeperError } from "../../errors.ts";
import { costOf } from "../cost.ts";
import { failureOf, problemOf } from "../failure.ts";
import { Phases } from "../phases.ts";
import { type DrillRecord, newRecord } from "../record.ts";
import { ReportFolder } from "../report-folder.ts";
import { type DrillResult, sqliteVersion } from "../run.ts";
import { askApp } from "./ask-app.ts";
import { collect } from "./collect.ts";
import type { Conduct } from "./conduct.ts";
import { destroyStaging } from "./destruction.ts";
import type { RemoteEvidence } from "./evidence.ts";
import { withClaim } from "./owner.ts";
import type { RemotePlan } from "./plan.ts";
import { clearTheWay, prepare, type Prepared } from "./preparation.ts";
import { replicatedOn } from "./production-view.ts";
import { serverUsd } from "./server-cost.ts";
import { readStackFile } from "./stack-file.ts";
import { StagingStack } from "./staging-stack.ts";
import { expiryIn } from "./state.ts";
import { judgeRemote } from "./verdict.ts";

/**
 * A drill of production's real backups: brings the staging stack up, judges what it restored, and destroys it, whatever
 * happens on the way. A drill that could not be carried to its end is a failed one: `record.failure` says why.
 * @param from a folder of the project.
 * @param say receives the phase and what is being done in it.
 * @throws SlotkeeperError before anything is touched: "usage" for a stack that is no drill's, "locked" for one that is up.
 */
export async function runRemoteDrill(
    plan: RemotePlan,
    from: string,
    signal: AbortSignal,
    say: (phase: string, line: string) => void,
): Promise<DrillResult> {
    const startedAt = new Date();
    const file = readStackFile(plan, from);
    const report = new ReportFolder(plan.reportFolder);
    await report.requireFree();
    const record = newRecord({ stack: plan.stack, seed: plan.seed, startedAt });
    record.runId = runIdAt(startedAt);
    record.production = { stack: file.config.production, asked: false };
    record.rpo.targetSeconds = file.config.rpoSeconds;
    const phases = new Phases(record, () => report.save(record), say, signal);
    const command = describeCommand(["up", "--stack", plan.stack, "--cwd", file.folder], undefined);
    const session = await phases.run("setup", () => openPulumi(command, phases.progress));
    record.toolchain = toolchainOf(session);
    const backend = session.env["PULUMI_BACKEND_URL"] ?? "";
    await withClaim(`${hostname()} ${backend} ${file.project} ${plan.stack}`, plan.name, async (claim) => {
        const env = { ...session.env, ...claim.env };
        const tools = { pulumi: session.pulumi.path, env, file, stack: plan.stack, log: report.log };
        await using stack = await StagingStack.open(tools);
        try {
            await drill({ plan, file, stack, claim, phases, record, report, signal });
        } catch (error) {
            // Refused or called off before anything was made: no report of a drill that never began.
            if (!report.exists) throw error;
            record.failure = failureOf(error, signal);
        }
    });
    if (!record.cleanup.destroyed || record.failure !== null) record.verdict = "failed";
    record.finishedAt = new Date().toISOString();
    await report.finish(record);
    return { record, folder: report.path };
}

async function drill(conduct: Conduct): Promise<void> {
    const { plan, file, stack, claim, phases, record, signal } = conduct;
    await phases.run("sweep", () => clearTheWay(conduct));
    let startedAt = Date.now();
    try {
        signal.throwIfAborted();
        const prepared = await phases.run("baseline", () => prepare(conduct));
        signal.throwIfAborted();
        startedAt = Date.now();
        await phases
            .run("up", () => stack.up(signal, phases.progress))
            .catch((error: unknown) => {
                // What the server has restored is looked at all the same.
                if (signal.aborted || !(error instanceof SlotkeeperError)) throw error;
                record.failure = problemOf(error);
            });
        const evidence = await phases.run("collect", () => gather(conduct, prepared, startedAt));
        await phases.run("verification", async () => {
            Object.assign(record, judgeRemote({ ...evidence, ...(await askStore(prepared)) }));
            if (record.failure !== null) record.verdict = "failed";
            record.cost = costOf(
                prepared.access === null ? null : await bucketBytes(prepared.access).catch(() => null),
            );
        });
    } finally {
        const destruction = () => destroyStaging(stack, plan.stack, file, phases.progress);
        record.cleanup = await phases.run("destruction", destruction);
        record.cost.drillUsd = serverUsd(file.config.server, (Date.now() - startedAt) / 1000);
        if (record.cleanup.destroyed) await claim.release();
    }
}

/** What staging and production say after the restore, also of one that failed. */
async function gather(
    { file, stack, record, phases }: Conduct,
    { privateKey, production, productionServer }: Prepared,
    startedAt: number,
): Promise<Omit<RemoteEvidence, "readerWrite">> {
    const state = await stack.state();
    const { server, result, verified } = await collect(state, privateKey);
    const expiry = state === null ? null : expiryIn(state);
    record.expiresAt = expiry === null ? null : new Date(expiry).toISOString();
    const { app: config } = file.config;
    const asked = config?.serve !== undefined && server !== null && record.failure === null;
    const app = asked ? await askApp(server, config.port) : null;
    const isUp = record.failure === null && (config?.serve === undefined || app?.ok === true);
    const recoveredAt = isUp ? Date.now() : null;
    phases.progress(
        result === null
            ? "the staging server has no result to show"
            : `${result.databases.filter(({ status }) => status === "restored").length} databases are restored`,
    );
    const again = production.view !== null && productionServer !== null ? replicatedOn(productionServer) : null;
    const replicatedAfter = again === null ? null : await again.catch(() => null);
    return {
        rpoSeconds: file.config.rpoSeconds,
        startedAt,
        recoveredAt,
        result,
        verified,
        production,
        replicatedAfter,
        app: config?.serve === undefined ? null : (app ?? { ok: false, answer: "it was not started" }),
    };
}

/** Tries to write where production writes, with the recovery key. */
async function askStore({ access }: Prepared): Promise<Pick<RemoteEvidence, "readerWrite">> {
    if (access === null) return { readerWrite: null };
    return { readerWrite: await tryWrite(access, "written-by-a-drill").catch(() => null) };
}

function toolchainOf({ pulumi, litestream, plugins }: PulumiSession): DrillRecord["toolchain"] {
    return [
        { name: "node", version: process.versions.node, source: "npm" },
        { name: "sqlite", version: sqliteVersion(), source: "npm (better-sqlite3)" },
        ...[pulumi, litestream].map(({ name, version, source }) => ({ name, version, source })),
        ...plugins.plugins.map(({ name, version, source }) => ({ name: `pulumi plugin ${name}`, version, source })),
    ];
}

/** `20260131T235959-k3f9x2`: as the local drill's, in order of time. */
function runIdAt(at: Date): string {
    const stamp = at.toISOString().replace(/[-:]/g, "").slice(0, 15);
    return `${stamp}-${BigInt(`0x${randomBytes(8).toString("hex")}`)
        .toString(36)
        .padStart(6, "0")
        .slice(-6)}`;
}
