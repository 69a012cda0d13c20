import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { waitUntil } from "../../local/process.ts";
import { killMachine } from "../../local/machine/kill.ts";
import { runRemote } from "../../scripts/adapters/ssh.ts";
import type { DrillRecord } from "../../scripts/drill/record.ts";
import { targetOf } from "../../scripts/drill/remote/server.ts";
import { componentOutputs, stateSchema } from "../../scripts/drill/remote/state.ts";
import { StagingProject } from "../support/staging-project.ts";

const stack = "acme-staging";

/** The checks that failed, as "id database". */
const failed = (record: DrillRecord) =>
    record.checks.filter(({ status }) => status === "failed").map(({ id, database }) => `${id} ${database ?? "fleet"}`);

describe("a drill of a staging stack", () => {
    let project: StagingProject;

    before(async () => {
        project = await StagingProject.make(6);
    });
    after(() => project[Symbol.asyncDispose]());

    const machine = () => join(project.cloud.run.dir, "machines", stack);
    const nothingIsLeft = async () => {
        assert.equal(await project.state(stack), null, "the stack is still there");
        assert.equal(existsSync(machine()), false, "the machine is still there");
    };

    it("that was killed is swept by the next one, which restores production's backups and leaves nothing", async () => {
        const path = await project.describe(stack);
        const file = await readFile(path, "utf8");
        const killed = project.drill("--stack", stack);
        await killed.until(/up +runtime-upload is up/);
        killed.signal("SIGKILL");
        assert.equal((await killed.end()).signal, "SIGKILL");
        assert.ok(existsSync(machine()), "nothing was left to sweep");

        const drill = project.drill("--stack", stack, "--json");
        const { exitCode, stdout, stderr } = await drill.end();
        const record = await drill.record();
        assert.deepEqual(failed(record), []);
        assert.equal(exitCode, 0, stderr);
        assert.deepEqual(JSON.parse(stdout), record);
        assert.match(
            stderr,
            /sweep +acme-staging is still up and is destroyed first: the drill that made it was killed/,
        );
        assert.equal(record.verdict, "passed");
        assert.equal(record.fleet.slots, 6);
        assert.deepEqual(record.production, { stack: "local-prod", asked: true });
        assert.ok(Date.parse(record.expiresAt ?? "") > Date.parse(record.finishedAt ?? ""));
        for (const id of ["coverage", "catalog", "integrity", "schema", "canary", "current", "replication-config"])
            assert.ok(record.checks.some((check) => check.id === id && check.status === "passed"), `${id} did not pass`); // prettier-ignore
        for (const id of ["still-sound", "reader-key", "app-answers", "rto"])
            assert.ok(record.checks.some((check) => check.id === id && check.status === "passed"), `${id} did not pass`); // prettier-ignore
        assert.deepEqual(record.cleanup, { destroyed: true, kept: false, leftovers: [] });
        await nothingIsLeft();
        assert.equal(await readFile(path, "utf8"), file, "the stack's file was changed");
    });

    it("goes red and names the slot whose files are gone, and leaves nothing on a server that stays", async () => {
        const server = await project.ownServer("theirs");
        await project.describe(stack, { server });
        const [victim = ""] = project.slots;
        const replica = await folderOf(join(project.cloud.run.dir, "store"), `${victim}.db`);
        await rename(replica, `${replica}.aside`);
        try {
            const drill = project.drill("--stack", stack);
            await drill.until(/up +recovery-restore is up/);
            const { exitCode, stderr } = await drill.end();
            const record = await drill.record();
            assert.equal(exitCode, 11, stderr);
            assert.equal(record.verdict, "failed");
            assert.match(
                record.failure?.message ?? "",
                new RegExp(`pulumi up of ${stack} failed[^]*${victim}: coverage: `),
            );
            const consequences = ["rto fleet", "app-answers fleet"];
            assert.deepEqual(failed(record).filter((name) => !consequences.includes(name)), [`coverage ${victim}`]); // prettier-ignore
            assert.equal(record.databases.filter(({ status }) => status === "restored").length, 6);
            assert.deepEqual(record.cleanup, { destroyed: true, kept: false, leftovers: [] });
            await nothingIsLeft();
        } finally {
            // Production's Litestream may have merged files meanwhile. The store keeps metadata in extended attributes.
            await execa("cp", ["-aT", `${replica}.aside`, replica]);
            await rm(`${replica}.aside`, { recursive: true });
        }
        const target = targetOf({ port: 22, user: "root", ...server }, project.cloud.ssh.privateKey);
        assert.ok(target !== null);
        const { stdout } = await runRemote(target, "ls -d /opt/slotkeeper; ls -d /app/data /etc/slotkeeper /var/lib/slotkeeper*; systemctl is-active app slotkeeper-expiry.timer; pgrep -c node"); // prettier-ignore
        assert.deepEqual(stdout.split("\n").filter((line) => line !== ""), ["/opt/slotkeeper", "inactive", "inactive", "0"]); // prettier-ignore
        await killMachine(project.cloud.run, "theirs");
    });

    it("names what it cannot remove from a server that is gone, and removes the stack all the same", async () => {
        const server = await project.ownServer("doomed");
        await project.describe(stack, { server });
        const drill = project.drill("--stack", stack);
        await drill.until(/up +recovery-restore is up/);
        await killMachine(project.cloud.run, "doomed");
        drill.signal("SIGTERM");
        const { exitCode, signal, stderr } = await drill.end();
        assert.equal(exitCode, 130, `${signal ?? ""} ${stderr}`);
        const { destroyed, leftovers } = (await drill.record()).cleanup;
        assert.equal(destroyed, false);
        assert.equal(leftovers.length, 1, leftovers.join("\n"));
        assert.match(
            leftovers[0] ?? "",
            new RegExp(`restored databases in /app/data and the recovery key on ${server.host}`),
        );
        await nothingIsLeft();
    });

    it("holds no key that writes, lets no second drill in, and at Ctrl-C destroys what there is", async () => {
        await project.describe(stack);
        const drill = project.drill("--stack", stack);
        await drill.until(/up +recovery-restore is up/);
        // Pulumi goes on meanwhile; the drill stays where it is until all has been looked at.
        drill.signal("SIGSTOP");
        try {
            const text = (await project.state(stack)) ?? "";
            const clear = await project.pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
            const address = componentOutputs(stateSchema.parse(JSON.parse(`{"deployment":${JSON.stringify((JSON.parse(text) as { checkpoint: { latest: unknown } }).checkpoint.latest)}}`)), "slotkeeper:index:Server")?.["address"]; // prettier-ignore
            const server = targetOf(address, project.cloud.ssh.privateKey);
            assert.ok(server !== null);
            const { reader, writer, admin } = project.cloud.accounts;
            assert.ok(clear.includes(reader.secret), "the state was not looked at");
            for (const { secret } of [writer, admin]) {
                assert.ok(!clear.includes(secret), "the state has a key that writes");
                const search = `grep -rlF --devices=skip --exclude-dir=proc --exclude-dir=sys -- "$(cat)" /`;
                assert.deepEqual(await runRemote(server, search, { stdin: secret }).then(({ stdout }) => stdout), "");
            }
            const found = await runRemote(server, `grep -rlF -- "$(cat)" /etc`, { stdin: reader.secret });
            assert.match(found.stdout, /store\.env/, "the server was not looked at");
            const timer = await runRemote(
                server,
                "systemctl show slotkeeper-expiry.timer --property=NextElapseUSecRealtime,ActiveState",
            );
            assert.match(timer.stdout, /ActiveState=active/);
            assert.match(timer.stdout, /NextElapseUSecRealtime=\w+/);
            const second = await project.drill("--stack", stack, "--sweep").end();
            assert.equal(second.exitCode, 12, second.stderr);
            // The end of its time, come early: databases and keys are gone, and the machine is off.
            assert.ok(existsSync(join(machine(), "root/app/data/global.db")));
            await runRemote(server, "systemctl start --no-block slotkeeper-expiry.service");
            assert.ok(await waitUntil(() => !existsSync(join(machine(), "root/etc/slotkeeper")), 20_000));
            assert.equal(existsSync(join(machine(), "root/app/data")), false);
            const answers = () => runRemote(server, "true", { timeoutSeconds: 3 }).then(() => true, () => false); // prettier-ignore
            for (let tries = 0; await answers(); tries++) assert.ok(tries < 100, "the machine is still on");
        } finally {
            drill.signal("SIGINT");
            drill.signal("SIGCONT");
        }
        const { exitCode, stderr } = await drill.end();
        assert.equal(exitCode, 130, stderr);
        assert.equal((await drill.record()).failure?.kind, "interrupted");
        await nothingIsLeft();
    });

    it("never touches production, however it is asked to", async () => {
        const before = await project.state("local-prod");
        const { host, hostKey } = project.production.server;
        const refused = async (name: string, message: RegExp, ...more: string[]) => {
            const { exitCode, stderr } = await project.drill("--stack", name, ...more).end();
            assert.equal(exitCode, 2, stderr);
            assert.match(stderr, message);
        };
        await refused("local-prod", /the stack "local-prod" is not drilled/);
        await project.describe("edited-staging", { role: "production" });
        await refused("edited-staging", /says role "production"/);
        await project.describe("beside-staging", { server: { kind: "ssh", host, hostKey } });
        await refused("beside-staging", /is the server of local-prod/);
        // A stack of the right name and configuration whose state is production's.
        await project.describe("moved-staging");
        await project.pulumi(["stack", "init", "moved-staging", "--no-select"]);
        const theirs = await project.pulumi(["stack", "export", "--stack", "local-prod"]);
        await project.pulumi(
            ["stack", "import", "--stack", "moved-staging"],
            theirs.replaceAll("local-prod", "moved-staging"),
        );
        await refused("moved-staging", /is not a drill's[^]*role/, "--sweep");

        assert.equal(await project.state("local-prod"), before);
        assert.equal((await fetch(`${project.production.appUrl ?? ""}/slots/${project.slots[0] ?? ""}`)).status, 200);
        const active = await runRemote(project.production.server, "systemctl is-active litestream@global litestream@1");
        assert.equal(active.stdout, "active\nactive\n");
    });
});

/** The folder of that name below a folder. */
async function folderOf(root: string, name: string): Promise<string> {
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    const folder = found.find((entry) => entry.isDirectory() && entry.name === name);
    assert.ok(folder !== undefined, `no folder ${name} under ${root}`);
    return join(folder.parentPath, folder.name);
}
