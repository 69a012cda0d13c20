import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureBaseImage } from "../../local/machine/image.ts";
import { killMachine } from "../../local/machine/kill.ts";
import { startMachine, type Machine } from "../../local/machine/start.ts";
import { mounts } from "../../local/mounts.ts";
import { openNetwork, type Network } from "../../local/network.ts";
import { identify } from "../../local/process.ts";
import { clearRun, leftovers, openRun, type Run } from "../../local/run.ts";
import { machineSsh } from "../support/machine-ssh.ts";

const quiet = () => undefined;

describe("machine", function () {
    this.timeout(120_000);
    let cache: string;
    let outer: string | undefined;
    let image: string;
    let run: Run;
    let network: Network;
    let authorizedKey: string;

    before(async function () {
        this.timeout(600_000);
        image = await ensureBaseImage(quiet);
        outer = process.env["XDG_CACHE_HOME"];
        cache = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        process.env["XDG_CACHE_HOME"] = cache;
        await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(cache, "key")]);
        authorizedKey = (await readFile(join(cache, "key.pub"), "utf8")).trim();
        run = await openRun(quiet);
        network = await openNetwork(run, quiet);
    });

    after(async () => {
        await clearRun(run.dir);
        assert.deepEqual(leftovers(run), []);
        if (outer === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = outer;
        await rm(cache, { recursive: true, force: true });
    });

    const start = (name: string, n: number, storage: "disk" | "memory" = "disk") =>
        startMachine({ run, name, image, address: network.host(n), authorizedKey, storage });

    const ssh = (machine: Machine, ...command: string[]) => machineSsh(join(cache, "key"), machine, ...command);

    /** What of one machine is on this host. */
    const tracesOf = (name: string) =>
        leftovers(run).filter((line) => line.includes(`-${name}`) || line.includes(`/${name}/`));

    it("boots systemd as a host of its own, with the host key that was returned", async () => {
        const machine = await start("boots", 10);
        try {
            assert.equal(await ssh(machine, "systemctl", "is-system-running", "--wait"), "running");
            assert.equal(await ssh(machine, "uname", "-n"), "boots");
            assert.match(await ssh(machine, "cat", "/etc/machine-id"), /^[0-9a-f]{32}$/);
            assert.match(
                await ssh({ ...machine, hostKey: machine.hostKey.replace(/.{8}$/, "AAAAAAAA") }, "true"),
                /verification failed/i,
            );
        } finally {
            await killMachine(run, "boots");
        }
    });

    it("is another machine than its neighbour, whose services it does not touch", async () => {
        const [one, two] = await Promise.all([start("one", 11), start("two", 12)]);
        try {
            assert.notEqual(one.hostKey, two.hostKey);
            assert.notEqual(await ssh(one, "cat", "/etc/machine-id"), await ssh(two, "cat", "/etc/machine-id"));
            assert.equal(
                await ssh(one, "systemd-run", "--quiet", "--wait", "systemctl", "restart", "systemd-journald"),
                "",
            );
            assert.equal(await ssh(two, "systemctl", "is-system-running", "--wait"), "running");
        } finally {
            await Promise.all([killMachine(run, "one"), killMachine(run, "two")]);
        }
    });

    it("keeps its changes in memory when told so: none of them reaches the disk", async () => {
        const machine = await start("memory", 15, "memory");
        try {
            await ssh(machine, "sh", "-c", "'echo row > /srv/data && sync'");
            const changes = join(run.dir, "machines/memory/changes");
            assert.equal(mounts().find(({ path }) => path === changes)?.type, "tmpfs");
            await execa("umount", ["--lazy", join(run.dir, "machines/memory/root")]);
            assert.equal(await readFile(join(changes, "upper/srv/data"), "utf8"), "row\n");
            await execa("umount", ["--lazy", changes]);
            assert.deepEqual(readdirSync(changes), []);
        } finally {
            await killMachine(run, "memory");
        }
    });

    it("boots from a copy of the image where the run folder is itself on an overlay", async () => {
        const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(cache, name)) as [
            string,
            string,
            string,
            string,
        ];
        for (const folder of [lower, upper, work, merged]) await mkdir(folder);
        const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
        await execa("mount", ["-t", "overlay", "-o", options, "overlay", merged]);
        try {
            process.env["XDG_CACHE_HOME"] = merged;
            const inner = await openRun(quiet);
            try {
                const { host } = await openNetwork(inner, quiet);
                const args = { run: inner, name: "copy", image, address: host(10), authorizedKey };
                const machine = await startMachine({ ...args, storage: "disk" });
                assert.equal(await ssh(machine, "uname", "-n"), "copy");
            } finally {
                await clearRun(inner.dir);
            }
            assert.deepEqual(leftovers(inner), []);
        } finally {
            process.env["XDG_CACHE_HOME"] = cache;
            await execa("umount", [merged]);
        }
    });

    it("never changes its image", async () => {
        const machine = await start("image", 16);
        try {
            await ssh(machine, "sh", "-c", "'rm /etc/debian_version; touch /etc/new'");
            assert.ok(existsSync(join(image, "etc/debian_version")));
            assert.ok(!existsSync(join(image, "etc/new")));
        } finally {
            await killMachine(run, "image");
        }
    });

    it("is gone at once when killed, whatever it runs, and may be killed again", async () => {
        const machine = await start("doomed", 17);
        await ssh(
            machine,
            "systemd-run",
            "--quiet",
            "--property=SendSIGKILL=no",
            "sh",
            "-c",
            "'trap \"\" TERM; sleep 600 & sleep 600'",
        );
        assert.ok(tracesOf("doomed").length > 0);
        const busy = execa("sleep", ["600"], { cwd: join(run.dir, "machines/doomed/root"), reject: false });
        try {
            const startedAt = performance.now();
            await killMachine(run, "doomed");
            assert.ok(performance.now() - startedAt < 5_000);
            assert.deepEqual(tracesOf("doomed"), []);
            assert.ok(!existsSync(join(run.dir, "machines/doomed")));
            assert.ok(!leftovers(run).some((line) => line.startsWith("process")), leftovers(run).join("\n"));
            assert.deepEqual(
                leftovers(run).filter((line) => line.includes("vb-")),
                [],
            );
            assert.ok(identify(busy.pid ?? 0) !== undefined);
            await killMachine(run, "doomed");
        } finally {
            busy.kill("SIGKILL");
            await busy;
        }
    });

    it("spares a machine whose name begins alike", async () => {
        const [, longer] = await Promise.all([start("app", 18), start("app-2", 19)]);
        try {
            await killMachine(run, "app");
            assert.equal(await ssh(longer, "uname", "-n"), "app-2");
        } finally {
            await killMachine(run, "app-2");
        }
    });

    it("refuses a second of its name, and takes the place of one that was killed half-way", async () => {
        await start("name", 20);
        await assert.rejects(start("name", 21), { kind: "locked" });
        await killMachine(run, "name");
        const again = await start("name", 20);
        assert.equal(await ssh(again, "uname", "-n"), "name");
        await killMachine(run, "name");
    });

    it("that does not start leaves nothing, and says why", async () => {
        const broken = startMachine({
            run,
            name: "broken",
            image: join(run.dir),
            address: network.host(22),
            authorizedKey,
            storage: "disk",
        });
        await assert.rejects(broken, { kind: "remote", message: /^the machine broken did not start: / });
        assert.deepEqual(tracesOf("broken"), []);
        const unreachable = startMachine({
            run,
            name: "far",
            image,
            address: "10.255.255.254",
            authorizedKey,
            storage: "disk",
            timeoutMs: 1_000,
        });
        await assert.rejects(unreachable, { kind: "remote", message: /no SSH at 10\.255\.255\.254/ });
        assert.deepEqual(tracesOf("far"), []);
    });
});
