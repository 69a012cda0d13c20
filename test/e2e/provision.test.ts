import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProvisionedStack } from "../support/provisioned-stack.ts";

describe("a production server that is there already", function () {
    this.timeout(300_000);
    let folder: string;
    let world: ProvisionedStack;
    let litestream: string;
    let expected: Record<string, unknown>;

    before(async function () {
        this.timeout(900_000);
        folder = mkdtempSync(join(tmpdir(), "slotkeeper-provision-"));
        world = await ProvisionedStack.open(6);
        await world.newServer();
        litestream = world.litestream;
    });

    after(async () => {
        process.env["SLOTKEEPER_LITESTREAM"] = litestream;
        await world.close();
        rmSync(folder, { recursive: true });
    });

    /** The preview shows these changes and the update makes them; then there is nothing to do. */
    async function repaired(changes: readonly string[], words: RegExp): Promise<void> {
        const preview = await world.preview();
        assert.deepEqual(preview.changes, changes);
        assert.match(preview.said, words);
        const up = await world.up();
        assert.deepEqual(up.changes, changes);
        await unchanged();
        assert.equal(await world.must("slotkeeper drift"), "this server is as the last pulumi up left it");
    }

    async function unchanged(): Promise<void> {
        const { changes, summary, said } = await world.preview();
        assert.deepEqual(changes, [], said);
        assert.deepEqual(Object.keys(summary ?? {}), ["same"]);
    }

    it("is provisioned by a user with sudo, and changed by no second update", async () => {
        await world.up();
        assert.ok(await world.appAnswers());
        const { summary, said } = await world.up();
        assert.deepEqual(Object.keys(summary ?? {}), ["same"], said);
        await world.stack.preview({ expectNoChanges: true });
    });

    it("gets back a changed file and a changed mode, and no daemon is restarted for them", async () => {
        const pids = await world.pids();
        await world.must("echo '# by hand' >>/etc/litestream/1.yml; chmod 0666 /etc/slotkeeper/store.env");
        await repaired(
            ["update replication-daemons", "update runtime-settings"],
            /drifted on the server: .*\/etc\/litestream\/1\.yml \(content\).*\/etc\/slotkeeper\/store\.env \(mode\)/,
        );
        assert.deepEqual(await world.pids(), pids);
        assert.equal(await world.must("grep -c 'by hand' /etc/litestream/1.yml || true"), "0");
    });

    it("gets a stopped daemon started while the app does not write, and the other daemon is left alone", async () => {
        const before = await world.pids();
        await world.must("systemctl disable --now litestream@1");
        await repaired(["update replication-daemons"], /litestream@1\.service \(not enabled\), litestream@1\.service \(not running\)/); // prettier-ignore
        const now = await world.pids();
        assert.equal(now["litestream@global"], before["litestream@global"]);
        assert.notEqual(now["app"], before["app"]);
        assert.ok(await world.appAnswers());
    });

    it("gets back a deleted binary", async () => {
        const pids = await world.pids();
        await world.must("rm /opt/slotkeeper/current/bin/litestream");
        await repaired(["update runtime-install", "update runtime-upload"], /bin\/litestream \(missing\)/);
        assert.deepEqual(await world.pids(), pids);
    });

    it("gets back a release that its link no longer leads to, although nothing on the server can say so", async () => {
        const pids = await world.pids();
        await world.must("ln -sfn releases/nowhere /opt/slotkeeper/current");
        const preview = await world.preview();
        assert.match(preview.said, /drifted on the server: the program itself/);
        assert.ok(preview.changes.includes("update runtime-install"));
        assert.deepEqual((await world.up()).changes, preview.changes);
        await unchanged();
        assert.deepEqual(await world.pids(), pids);
    });

    it("takes a release with another Litestream, and replicates as before", async () => {
        const before = await world.pids();
        const other = join(folder, "litestream");
        copyFileSync(litestream, other);
        chmodSync(other, 0o755);
        appendFileSync(other, "another build");
        process.env["SLOTKEEPER_LITESTREAM"] = other;
        await world.up();
        const now = await world.pids();
        for (const unit of Object.keys(before)) assert.notEqual(now[unit], before[unit], unit);
        assert.match(
            await world.must("tail -c 13 /proc/$(systemctl show -P MainPID litestream@1)/exe"),
            /another build/,
        );
        assert.equal((await world.replicated()).length, 7);
        await unchanged();
    });

    it("goes back to the release before where the new one's Litestream does not come up", async () => {
        const good = process.env["SLOTKEEPER_LITESTREAM"];
        const current = await world.must("readlink /opt/slotkeeper/current");
        const broken = join(folder, "broken");
        // Whatever it is told to do, it ends at once and well: also when it is told to go on replicating.
        copyFileSync("/bin/true", broken);
        process.env["SLOTKEEPER_LITESTREAM"] = broken;
        const words = await world.upFails();
        assert.match(words, /did not come up with release \w+: the release before \(\w+\) runs again/);
        assert.match(words, /litestream@\S+ was started, but keeps ending/);
        assert.equal(await world.must("readlink /opt/slotkeeper/current"), current);
        await world.must("systemctl is-active litestream@global litestream@1 app");
        assert.match(
            await world.must("tail -c 13 /proc/$(systemctl show -P MainPID litestream@1)/exe"),
            /another build/,
        );
        assert.ok(await world.appAnswers());
        process.env["SLOTKEEPER_LITESTREAM"] = good;
        assert.equal(await world.must("slotkeeper drift"), "this server is as the last pulumi up left it");
        // What was uploaded in vain is the only trace.
        assert.deepEqual((await world.up()).changes, ["update runtime-upload"]);
        await unchanged();
    });

    it("does not switch to a release whose program does not run", async () => {
        const current = await world.must("readlink /opt/slotkeeper/current");
        const pids = await world.pids();
        const good = process.env["SLOTKEEPER_LITESTREAM"];
        process.env["SLOTKEEPER_LITESTREAM"] = join(folder, "broken");
        copyFileSync("/bin/false", process.env["SLOTKEEPER_LITESTREAM"]);
        const words = await world.upFails();
        assert.match(words, /litestream version of release \w+ does not run on this server/);
        assert.equal(await world.must("readlink /opt/slotkeeper/current"), current);
        assert.deepEqual(await world.pids(), pids);
        process.env["SLOTKEEPER_LITESTREAM"] = good;
        await world.up();
        await unchanged();
    });

    it("goes back to the app's version before where the new one does not stay up", async () => {
        const good = world.fleet.app.archive;
        const bad = join(folder, "app.tar.gz");
        writeFileSync(join(folder, "main.mjs"), "process.exit(process.argv[2] === 'serve' ? 1 : 0);\n");
        execFileSync("tar", ["-czf", bad, "-C", folder, "main.mjs"]);
        await world.configure({ archive: bad });
        const words = await world.upFails();
        assert.match(words, /app\.service was started, but keeps ending.*; the version before it runs again/);
        assert.ok(await world.appAnswers());
        await world.configure({ archive: good });
        await world.up();
        await unchanged();
        assert.ok(await world.appAnswers());
    });

    it("does not take a server that cannot be reached for one that has drifted", async () => {
        await world.must("systemctl stop app");
        expected = await world.digests();
        // What a commit of just now may need: the RPO.
        await world.sync();
        await world.stopServer();
        const { changes, said } = await world.preview();
        assert.deepEqual(changes, []);
        assert.match(said, /nobody looked for drift on the server: deploy@.* cannot be reached/);
    });

    it("is replaced after its loss by one that has everything again, restored before it replicates", async () => {
        await world.newServer();
        await world.up();
        assert.ok(await world.appAnswers());
        assert.deepEqual(await world.digests(), expected);
        await world.must("systemctl is-active litestream@global litestream@1 app");
        const starts = await world.must("journalctl -o cat -u litestream@1 | grep -c 'may be replicated'");
        assert.equal(starts, "1");
        await unchanged();
    });

    it("leaves the buckets when it is destroyed", async () => {
        await assert.rejects(world.stack.destroy(), /protected/);
        assert.ok(existsSync(join(world.storeFolder, world.replicaBucket)));
        assert.notDeepEqual(readdirSync(join(world.storeFolder, world.replicaBucket)), []);
    });
});
