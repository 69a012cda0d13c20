import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { ensureBaseImage } from "../../local/machine/image.ts";
import { linkExists } from "../../local/links.ts";
import { bridgeName, runRef } from "../../local/machine/names.ts";
import { openNetwork } from "../../local/network.ts";
import { waitUntil } from "../../local/process.ts";
import { clearRun, leftovers, openRun, sweepStaleRuns } from "../../local/run.ts";

const quiet = () => undefined;
const script = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe("a run with machines", function () {
    this.timeout(120_000);
    let cache: string;
    let outer: string | undefined;
    let image: string;
    let key: string;
    const owners: ChildProcess[] = [];

    before(async function () {
        this.timeout(600_000);
        image = await ensureBaseImage(quiet);
        outer = process.env["XDG_CACHE_HOME"];
        cache = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        process.env["XDG_CACHE_HOME"] = cache;
        await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(cache, "key")]);
        key = await readFile(join(cache, "key.pub"), "utf8");
    });

    after(async () => {
        for (const owner of owners) owner.kill("SIGKILL");
        await sweepStaleRuns(quiet);
        if (outer === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = outer;
        await rm(cache, { recursive: true, force: true });
    });

    /** Another process that owns a run with a network and two machines, which it starts one after the other. */
    function startOwner(): { owner: ChildProcess; lines: AsyncIterator<string> } {
        const owner = spawn(process.execPath, [script("../support/machine-owner.ts"), image, key.trim()], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        owners.push(owner);
        return { owner, lines: createInterface({ input: owner.stdout })[Symbol.asyncIterator]() };
    }

    async function nextLine(lines: AsyncIterator<string>): Promise<string> {
        const next = await lines.next();
        if (next.done === true) throw new Error("the owner ended");
        return next.value;
    }

    async function killOwner(owner: ChildProcess): Promise<void> {
        const exit = once(owner, "exit");
        owner.kill("SIGKILL");
        await exit;
    }

    const cli = (...args: string[]) => [script("../../local/machine/main.ts"), ...args];

    it("leaves nothing within 5 s of its owner's SIGKILL", async () => {
        const { owner, lines } = startOwner();
        const run = runRef(await nextLine(lines));
        for (const machine of ["first", "second"]) assert.equal(await nextLine(lines), machine);
        assert.ok(leftovers(run).length > 10);
        assert.ok(leftovers(run).includes(`packet filter ${bridgeName(run.id)}`));
        await killOwner(owner);
        assert.ok(await waitUntil(() => leftovers(run).length === 0, 5_000, 100), leftovers(run).join("\n"));
        assert.doesNotMatch((await execa("nft", ["list", "tables"])).stdout, new RegExp(bridgeName(run.id)));
    });

    it("leaves nothing after a sweep when reaper and owner were killed while a machine was starting", async () => {
        const { owner, lines } = startOwner();
        const run = runRef(await nextLine(lines));
        assert.equal(await nextLine(lines), "first");
        const { pid } = JSON.parse(await readFile(join(run.dir, "reaper.json"), "utf8")) as { pid: number };
        assert.ok(await waitUntil(() => leftovers(run).some((line) => line.endsWith("second/root")), 10_000, 5));
        process.kill(pid, "SIGKILL");
        await killOwner(owner);
        assert.ok(leftovers(run).length > 10);
        assert.deepEqual(await sweepStaleRuns(quiet), [run.id]);
        assert.deepEqual(leftovers(run), []);
    });

    it("does not meet another run at the same time", async () => {
        const one = startOwner();
        const two = startOwner();
        const [first, second] = (await Promise.all([nextLine(one.lines), nextLine(two.lines)])).map(runRef);
        assert.ok(first !== undefined && second !== undefined);
        for (const { lines } of [one, two])
            for (const machine of ["first", "second"]) assert.equal(await nextLine(lines), machine);
        const before = leftovers(second);
        await killOwner(one.owner);
        assert.ok(await waitUntil(() => leftovers(first).length === 0, 5_000, 100), leftovers(first).join("\n"));
        assert.deepEqual(leftovers(second), before);
        await killOwner(two.owner);
        assert.ok(await waitUntil(() => leftovers(second).length === 0, 5_000, 100));
    });

    it("has a bridge with one network, which nothing else of this host uses", async () => {
        const runs = await Promise.all([openRun(quiet), openRun(quiet)]);
        try {
            const networks = await Promise.all(runs.map((run) => openNetwork(run, quiet)));
            assert.equal(new Set(networks.map(({ cidr }) => cidr)).size, 2);
            for (const { bridge } of networks)
                assert.equal((await readFile(`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, "utf8")).trim(), "0");
            const [run] = runs;
            await assert.rejects(openNetwork(run, quiet), { kind: "locked" });
            assert.ok(linkExists(bridgeName(run.id)));
        } finally {
            for (const run of runs) await clearRun(run.dir);
        }
        for (const run of runs) assert.deepEqual(leftovers(run), []);
    });

    it("keeps a machine that a provider started when the provider and all its children are killed", async () => {
        const run = await openRun(quiet);
        try {
            const network = await openNetwork(run, quiet);
            const args = [
                "create",
                "--run",
                run.dir,
                "--name",
                "kept",
                "--address",
                network.host(10),
                "--image",
                image,
            ];
            // As a provider does: a child in a group of its own, its output read to the end, its group killed afterwards.
            const provider = spawn(process.execPath, cli(...args), {
                detached: true,
                stdio: ["pipe", "pipe", "inherit"],
            });
            provider.stdin.end(key);
            let output = "";
            provider.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
            const [code] = (await once(provider, "close")) as [number];
            assert.equal(code, 0);
            assert.throws(() => process.kill(-(provider.pid ?? 0), "SIGKILL"), { code: "ESRCH" });
            const machine = JSON.parse(output) as Record<string, unknown>;
            assert.deepEqual(Object.keys(machine), ["host", "port", "user", "hostKey"]);
            assert.equal(machine["host"], network.host(10));
            assert.ok(leftovers(run).some((line) => line.endsWith("(systemd-nspawn)")));
            await execa(process.execPath, cli("destroy", "--run", run.dir, "--name", "kept"));
            await execa(process.execPath, cli("destroy", "--run", run.dir, "--name", "kept"));
            assert.ok(!existsSync(join(run.dir, "machines/kept")));
        } finally {
            await clearRun(run.dir);
        }
        assert.deepEqual(leftovers(run), []);
        const late = await execa(
            process.execPath,
            cli("create", "--run", run.dir, "--name", "late", "--address", "10.0.0.2", "--image", image),
            { input: key, reject: false },
        );
        assert.equal(late.exitCode, 10);
        assert.match(late.stderr, /no open run/);
        await execa(process.execPath, cli("destroy", "--run", run.dir, "--name", "late"));
        assert.ok(!existsSync(run.dir));
    });
});
