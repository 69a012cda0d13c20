import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { identify, waitUntil } from "../../local/process.ts";
import { clearRun, keepRun, leftovers, openRun, readRun, sweepStaleRuns } from "../../local/run.ts";

const quiet = () => undefined;

describe("run", function () {
    this.timeout(20_000);
    let cache: string;
    let outer: string | undefined;
    const children: ChildProcess[] = [];

    beforeEach(async () => {
        cache = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        outer = process.env["XDG_CACHE_HOME"];
        process.env["XDG_CACHE_HOME"] = cache;
    });

    afterEach(async () => {
        for (const child of children.splice(0)) child.kill("SIGKILL");
        await sweepStaleRuns(quiet);
        if (outer === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = outer;
        await rm(cache, { recursive: true, force: true });
    });

    /** Another process that owns a run with one process in it. */
    async function startOwner(): Promise<{ owner: ChildProcess; dir: string; worker: number }> {
        const script = fileURLToPath(new URL("../support/run-owner.ts", import.meta.url));
        const owner = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
        children.push(owner);
        const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
        return { owner, ...(JSON.parse(line) as { dir: string; worker: number }) };
    }

    const reaperOf = (dir: string) =>
        (JSON.parse(readFileSync(join(dir, "reaper.json"), "utf8")) as { pid: number }).pid;

    async function killOwner(owner: ChildProcess): Promise<void> {
        const exit = once(owner, "exit");
        owner.kill("SIGKILL");
        await exit;
    }

    it("has a folder that only its user may read, and leaves nothing when cleared, not even its reaper", async () => {
        const run = await openRun(quiet);
        assert.equal((await stat(run.dir)).mode & 0o777, 0o700);
        const reaper = reaperOf(run.dir);
        assert.ok(identify(reaper) !== undefined);
        assert.deepEqual(await clearRun(run.dir), [`folder ${run.dir}`]);
        assert.deepEqual(leftovers(run), []);
        assert.ok(await waitUntil(() => identify(reaper) === undefined, 2_000));
        assert.deepEqual(await clearRun(run.dir), []);
    });

    it("names and ends each process that it started, and no other", async () => {
        const run = await openRun(quiet);
        const other = spawn("sleep", ["600"], { env: { ...process.env, SLOTKEEPER_RUN: `${run.id}x` } });
        const own = spawn("sleep", ["600"], { detached: true, env: { ...process.env, ...run.env } });
        children.push(other, own);
        await Promise.all([once(other, "spawn"), once(own, "spawn")]);
        assert.ok(await waitUntil(() => leftovers(run).includes(`process ${own.pid ?? 0} (sleep)`), 1_000));
        const removed = await clearRun(run.dir);
        assert.ok(removed.includes(`process ${own.pid ?? 0} (sleep)`), removed.join("\n"));
        assert.equal(identify(own.pid ?? 0), undefined);
        assert.ok(identify(other.pid ?? 0) !== undefined);
    });

    it("is cleared by its reaper within 3 s of its owner's SIGKILL", async () => {
        const { owner, dir, worker } = await startOwner();
        assert.ok(identify(worker) !== undefined);
        await killOwner(owner);
        assert.ok(await waitUntil(() => !existsSync(dir) && identify(worker) === undefined, 3_000));
    });

    it("is cleared by the next sweep when its reaper was killed with its owner", async () => {
        const { owner, dir, worker } = await startOwner();
        const reaper = reaperOf(dir);
        process.kill(reaper, "SIGKILL");
        await killOwner(owner);
        assert.ok(await waitUntil(() => identify(reaper) === undefined, 2_000));
        assert.ok(existsSync(dir));
        const said: string[] = [];
        assert.equal((await sweepStaleRuns((line) => said.push(line))).length, 1);
        assert.match(said.join("\n"), /dead run \d{8}T/);
        assert.ok(!existsSync(dir));
        assert.equal(identify(worker), undefined);
    });

    it("stands after its owner's end when it was kept, until it is cleared or this machine has restarted", async () => {
        const { owner, dir, worker } = await startOwner();
        const reaper = reaperOf(dir);
        await keepRun(await readRun(dir));
        assert.ok(await waitUntil(() => identify(reaper) === undefined, 2_000));
        const exit = once(owner, "exit");
        owner.kill("SIGTERM");
        await exit;
        assert.deepEqual(await sweepStaleRuns(quiet), []);
        assert.ok(identify(worker) !== undefined);
        const path = join(dir, "run.json");
        const record = JSON.parse(readFileSync(path, "utf8")) as { owner: object };
        await writeFile(path, JSON.stringify({ ...record, owner: { ...record.owner, bootId: "an earlier boot" } }));
        assert.equal((await sweepStaleRuns(quiet)).length, 1);
        assert.ok(!existsSync(dir) && identify(worker) === undefined);
    });

    it("survives a sweep while its owner lives, and two runs at once do not meet", async () => {
        const [{ dir, worker }, own] = await Promise.all([startOwner(), openRun(quiet)]);
        assert.deepEqual(await sweepStaleRuns(quiet), []);
        await clearRun(own.dir);
        assert.ok(existsSync(dir));
        assert.ok(identify(worker) !== undefined);
        assert.equal((await readRun(dir)).dir, dir);
    });

    it("may be cleared by two at once", async () => {
        const run = await openRun(quiet);
        const removed = (await Promise.all([clearRun(run.dir), clearRun(run.dir)])).flat();
        assert.deepEqual(removed, [`folder ${run.dir}`]);
        assert.deepEqual(leftovers(run), []);
    });

    it("is not open any more once it is cleared", async () => {
        const run = await openRun(quiet);
        await clearRun(run.dir);
        await assert.rejects(readRun(run.dir), { kind: "notFound" });
    });

    it("of another container is stale only when its reaper has been silent for a minute", async () => {
        const dir = join(cache, "slotkeeper/runs/20260131T235959-aaaaaa");
        await mkdir(dir, { recursive: true });
        const owner = { ...identify(process.pid), pidNamespace: "pid:[1]" };
        await writeFile(join(dir, "run.json"), JSON.stringify({ version: 1, startedAt: 0, owner, kept: false }));
        assert.deepEqual(await sweepStaleRuns(quiet), []);
        await utimes(join(dir, "run.json"), new Date(), new Date(Date.now() - 61_000));
        assert.deepEqual(await sweepStaleRuns(quiet), ["20260131T235959-aaaaaa"]);
    });

    it("leaves alone what is no run's folder", async () => {
        const foreign = join(cache, "slotkeeper/runs/my-notes");
        await mkdir(foreign, { recursive: true });
        assert.deepEqual(await sweepStaleRuns(quiet), []);
        assert.ok(existsSync(foreign));
        await assert.rejects(clearRun(foreign), { kind: "usage" });
    });
});
