import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SlotkeeperError } from "../scripts/errors.ts";
import type { Progress } from "../scripts/progress.ts";
import { cacheDir, withLock } from "./cache.ts";
import { clearTraces } from "./clear.ts";
import { linkExists } from "./links.ts";
import { bridgeName, runIdPattern, runRef, type RunRef } from "./machine/names.ts";
import { bootId, identify, liveness, processIdentitySchema, signal, type ProcessIdentity } from "./process.ts";
import { runEnvironment } from "./run-environment.ts";
import { describeTraces, findTraces } from "./traces.ts";

/** Everything one drill makes on this machine is in this folder, or named after its id. */
export interface Run extends RunRef {
    /** To be added to the environment of every process the run starts: `clearRun` ends those that carry it. */
    env: Record<string, string>;
}

/** run.json: whose the run is. */
const recordSchema = z.strictObject({
    version: z.literal(1),
    startedAt: z.int(),
    owner: processIdentitySchema,
    /** Left standing on purpose, after its owner's end. */
    kept: z.boolean(),
});

type RunRecord = z.infer<typeof recordSchema>;

/** How old the reaper's sign of life may be for a run whose owner cannot be seen from here (another container). */
const silenceMs = 60_000;

/** The folder of all runs. */
const runsDir = () => join(cacheDir(), "runs");

/** A file of ours in a run folder, or undefined when it is not there or half-written. */
function readRecord<T>(path: string, schema: z.ZodType<T>): T | undefined {
    try {
        return schema.parse(JSON.parse(readFileSync(path, "utf8")));
    } catch (error) {
        if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
    }
}

const readRunRecord = (dir: string) => readRecord(join(dir, "run.json"), recordSchema);

async function writeRunRecord(dir: string, record: RunRecord): Promise<void> {
    const unready = join(dir, "run.json.new");
    await writeFile(unready, JSON.stringify(record));
    await rename(unready, join(dir, "run.json"));
}

/**
 * Ends a run that was kept; returns a line for each thing removed.
 * @throws SlotkeeperError "notFound" when there is no such run, "locked" while the drill that made it goes on.
 */
export async function endKeptRun(id: string): Promise<string[]> {
    const dir = join(runsDir(), id);
    const record = runIdPattern.test(id) ? readRunRecord(dir) : undefined;
    if (record === undefined) {
        const kept = existsSync(runsDir())
            ? readdirSync(runsDir()).filter((name) => readRunRecord(join(runsDir(), name))?.kept)
            : [];
        const hint = kept.length === 0 ? "No run was kept on this machine." : `These were kept: ${kept.join(", ")}`;
        throw new SlotkeeperError("notFound", `there is no run ${JSON.stringify(id)}`, hint);
    }
    if (!record.kept && (await isOwned(dir))) {
        throw new SlotkeeperError(
            "locked",
            `the run ${id} is a drill that goes on`,
            "End it with Ctrl-C where it runs.",
        );
    }
    return clearRun(dir);
}

/** Whether the run in a folder is somebody's who still lives, or was kept on purpose since this machine's start. */
export async function isOwned(dir: string): Promise<boolean> {
    const record = readRunRecord(dir);
    if (record === undefined) return false;
    if (record.kept) return record.owner.bootId === bootId();
    const state = liveness(record.owner);
    if (state !== "elsewhere") return state === "alive";
    return Date.now() - (await stat(join(dir, "run.json"))).mtimeMs < silenceMs;
}

/** Says that the run is looked after, to those who cannot see its owner. */
export async function showLife(dir: string): Promise<void> {
    const now = new Date();
    await utimes(join(dir, "run.json"), now, now);
}

/** `20260131T235959-k3f9x2`, of a token that no bridge of this host has yet. */
function newRunId(now: Date): string {
    const stamp = now.toISOString().replace(/[-:]/g, "").slice(0, 15);
    for (;;) {
        const token = BigInt(`0x${randomBytes(8).toString("hex")}`)
            .toString(36)
            .padStart(6, "0")
            .slice(-6);
        const id = `${stamp}-${token}`;
        if (!linkExists(bridgeName(id))) return id;
    }
}

/** A process in a session of its own that clears the run when its owner dies without doing so. */
async function startReaper(run: RunRef): Promise<void> {
    const script = fileURLToPath(new URL("reaper.ts", import.meta.url));
    const { PATH, HOME, XDG_CACHE_HOME } = process.env;
    const reaper = spawn(process.execPath, [script, run.dir], {
        detached: true,
        cwd: "/",
        stdio: "ignore",
        env: { PATH, HOME, XDG_CACHE_HOME },
    });
    const pid = await new Promise<number>((resolve, reject) => {
        reaper.on("error", reject);
        reaper.on("spawn", () => {
            resolve(reaper.pid ?? 0);
        });
    });
    reaper.unref();
    await writeFile(join(run.dir, "reaper.json"), JSON.stringify(identify(pid)));
}

const readReaper = (run: RunRef) => readRecord(join(run.dir, "reaper.json"), processIdentitySchema);

function endReaper(reaper: ProcessIdentity | undefined): void {
    if (reaper === undefined || reaper.pid === process.pid || liveness(reaper) !== "alive") return;
    signal(reaper.pid, "SIGKILL");
}

/**
 * Opens a run of this process: its folder (0700) and its reaper. Clear it with `clearRun`; should this process die
 * without, the reaper does so within about 2 s, and `sweepStaleRuns` at the next run if even the reaper is dead.
 */
export async function openRun(progress: Progress): Promise<Run> {
    await mkdir(runsDir(), { recursive: true, mode: 0o700 });
    const now = new Date();
    const owner = identify(process.pid);
    const id = newRunId(now);
    const dir = join(realpathSync(runsDir()), id);
    const unready = join(runsDir(), `.new-${id}`);
    await mkdir(unready, { mode: 0o700 });
    await writeRunRecord(unready, recordSchema.parse({ version: 1, startedAt: now.getTime(), owner, kept: false }));
    await rename(unready, dir);
    const run = { id, dir, env: runEnvironment(id) };
    await startReaper(run);
    progress(`run ${id}`);
    return run;
}

/** The open run in a folder. @throws SlotkeeperError "notFound" when there is none, or it is over. */
export async function readRun(dir: string): Promise<Run> {
    const run = runRef(dir);
    if (!(await isOwned(dir))) {
        throw new SlotkeeperError(
            "notFound",
            `there is no open run in ${dir}`,
            "name the folder of a run that is going on",
        );
    }
    return { ...run, env: runEnvironment(run.id) };
}

/**
 * Leaves a run standing when its owner ends: no reaper and no sweep clears it any more, until this machine restarts.
 * `clearRun` does.
 */
export async function keepRun(run: RunRef): Promise<void> {
    const record = readRunRecord(run.dir);
    if (record === undefined) {
        throw new SlotkeeperError("notFound", `the run ${run.id} is over`, "keep a run before it is cleared");
    }
    await writeRunRecord(run.dir, { ...record, kept: true });
    endReaper(readReaper(run));
}

/**
 * Ends and removes everything of a run, whoever's it is: processes, machines, mounts, links, its folder. Returns a
 * line for each thing removed; may be called again, and by two at once. @throws when something will not go.
 */
export async function clearRun(dir: string): Promise<string[]> {
    const run = runRef(dir);
    const clear = async () => {
        // Read before the folder goes; ended after it is gone, so that there is no moment without somebody in charge.
        const reaper = readReaper(run);
        const removed = describeTraces(run, findTraces(run));
        await clearTraces(run);
        endReaper(reaper);
        return removed;
    };
    return withLock(`clearing run ${run.id}`, () => undefined, clear);
}

/** What of a run is on this machine, a line for each thing; empty when it left nothing. */
export function leftovers(run: RunRef): string[] {
    return describeTraces(run, findTraces(run));
}

/** Clears every run whose owner is dead, such as one that was killed with SIGKILL; returns their ids. */
export async function sweepStaleRuns(progress: Progress): Promise<string[]> {
    if (!existsSync(runsDir())) return [];
    const swept: string[] = [];
    for (const name of await readdir(runsDir())) {
        const dir = join(realpathSync(runsDir()), name);
        if (runIdPattern.test(name)) {
            if (await isOwned(dir)) continue;
            progress(`clearing what the dead run ${name} left`);
            await clearRun(dir);
            swept.push(name);
        } else if (name.startsWith(".new-") && Date.now() - (await stat(dir)).mtimeMs > silenceMs) {
            await rm(dir, { recursive: true, force: true });
        }
    }
    return swept;
}
