import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { leftovers } from "../../local/run.ts";
import type { DrillRecord } from "../../scripts/drill/record.ts";
import { DrillProcess } from "../support/drill-process.ts";
import { makeOddFleet } from "../support/odd-fleet.ts";

const small = ["--slots", "12", "--load", "12", "--seed", "7"];

/** The checks that failed, as "id database". */
const failed = (record: DrillRecord) =>
    record.checks
        .filter((check) => check.status === "failed")
        .map((check) => `${check.id} ${check.database ?? "fleet"}`);

async function eventually(what: string, seconds: number, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await condition())) {
        assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}`);
        await new Promise((go) => setTimeout(go, 100));
    }
}

describe("a drill", () => {
    it("kills a production under load, recovers it within the RPO, and leaves nothing", async () => {
        await using drill = await DrillProcess.start(...small, "--json");
        const run = await drill.run();
        const { status, stdout, stderr } = await drill.end();
        const record = await drill.record();
        assert.deepEqual(failed(record), []);
        assert.equal(status, 0, stderr);
        assert.deepEqual(JSON.parse(stdout), record);
        assert.equal(record.verdict, "passed");
        assert.ok(record.fleet.slots >= 12 && (record.load?.acknowledged ?? 0) > 0);
        assert.ok(record.rpo.worstSeconds !== null && record.rpo.worstSeconds < 15);
        for (const id of [
            "integrity",
            "acknowledged-writes",
            "canary",
            "random-slot",
            "replication-config",
            "reader-key",
            "app-write",
        ])
            assert.ok(
                record.checks.some((check) => check.id === id && check.status === "passed"),
                `${id} was not checked`,
            );
        assert.deepEqual(record.cleanup, { destroyed: true, kept: false, leftovers: [] });
        assert.deepEqual(leftovers(run), []);
    });

    it("goes red and names the slot whose newest files are missing, although every restore ends well", async () => {
        // Longer than the RPO: what the first half of the load wrote must be there.
        await using drill = await DrillProcess.start("--slots", "12", "--load", "30", "--seed", "7");
        const run = await drill.run();
        await drill.until(/disaster +production is gone/);
        const victim = await mostFiles(await folderNamed(join(run.dir, "store"), "slots"));
        // All but the first upload: the load began after it, so every acknowledged write of this slot is gone.
        for (const file of victim.laterFiles) await rm(file);
        const { status } = await drill.end();
        const record = await drill.record();
        assert.equal(status, 11);
        const names = failed(record);
        assert.ok(
            names.includes(`acknowledged-writes ${victim.slot}`) || names.includes(`coverage ${victim.slot}`),
            names.join(", "),
        );
        assert.ok(
            names.every((name) => name.endsWith(` ${victim.slot}`)),
            names.join(", "),
        );
        assert.deepEqual(leftovers(run), []);
    });

    it("names each database of a user's fleet that cannot be backed up, and compares the others row for row", async () => {
        const folder = await mkdtemp(join(tmpdir(), "slotkeeper-fleet-"));
        try {
            makeOddFleet(folder, { only: ["fts5", "page_65536"], extraIds: ["../x", "it's", "missing", "junk"] });
            await writeFile(join(folder, "slots", "junk.db"), "this is no database ".repeat(500));
            const before = await readdir(join(folder, "slots"));
            await using drill = await DrillProcess.start("--data", folder);
            const { status } = await drill.end();
            const record = await drill.record();
            assert.equal(status, 11);
            assert.deepEqual(
                new Set(failed(record)),
                new Set(["../x", "it's", "missing", "junk"].map((id) => `coverage ${id}`)),
            );
            const rows = record.checks
                .filter((check) => check.id === "rows" && check.status === "passed")
                .map((check) => check.database);
            assert.deepEqual(rows.sort(), ["fts5", "global", "page_65536"]);
            assert.deepEqual(await readdir(join(folder, "slots")), before);
        } finally {
            await rm(folder, { recursive: true });
        }
    });

    it("keeps both servers when asked to, production brought back from its own backups, until it is told to end them", async () => {
        await using drill = await DrillProcess.start(...small, "--keep");
        const run = await drill.run();
        const { status, stderr } = await drill.end();
        assert.equal(status, 0, stderr);
        const logins = [...stderr.matchAll(/local-(prod|staging): ssh (.*) (root@\S+)/g)];
        assert.deepEqual(
            logins.map(([, stack]) => stack),
            ["prod", "staging"],
        );
        for (const [, stack, options = "", login = ""] of logins) {
            const ask = ["app.service", ...(stack === "prod" ? ["litestream@global", "litestream@1"] : [])];
            await execa("ssh", ["-o", "BatchMode=yes", ...options.split(" "), login, "systemctl", "is-active", ...ask]);
        }
        await execa(process.execPath, ["scripts/slotkeeper.ts", "drill", "--end", run.id]);
        assert.deepEqual(leftovers(run), []);
    });

    for (const [phase, pattern] of [
        ["production", /production +server-machine is up/],
        ["load", /load +\d+ writes/],
        ["recovery", /recovery +server-machine is up/],
    ] as const)
        it(`ends at Ctrl-C in the ${phase} phase, says so, and leaves nothing`, async () => {
            await using drill = await DrillProcess.start(...small);
            const run = await drill.run();
            await drill.until(pattern);
            drill.signal("SIGINT");
            const { status, stderr } = await drill.end();
            assert.equal(status, 130, stderr);
            assert.equal((await drill.record()).failure?.kind, "interrupted");
            assert.deepEqual(leftovers(run), []);
        });

    it("is cleared away within seconds when it is killed itself", async () => {
        await using drill = await DrillProcess.start(...small);
        const run = await drill.run();
        await drill.until(/load +\d+ writes/);
        assert.notDeepEqual(leftovers(run), []);
        drill.signal("SIGKILL");
        assert.equal((await drill.end()).killedBy, "SIGKILL");
        await eventually("the dead drill's machines are gone", 20, () => leftovers(run).length === 0);
    });

    for (const [args, message] of [
        [["--slots", "0"], /--slots "0" is not a whole number from 1 to 2000/],
        [["--data", "/nowhere"], /--data: \/nowhere cannot be read/],
        [["--data", "/tmp", "--slots", "3"], /exclude each other/],
    ] as const)
        it(`refuses ${args.join(" ")} with one message and status 2`, async () => {
            await using drill = await DrillProcess.start(...args);
            const { status, stderr } = await drill.end();
            assert.equal(status, 2, stderr);
            assert.match(stderr, message);
            await assert.rejects(drill.record());
        });
});

/** The folder of that name nearest to `root`. */
async function folderNamed(root: string, name: string): Promise<string> {
    const found = (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isDirectory() && entry.name === name)
        .map((entry) => join(entry.parentPath, entry.name))
        .sort((a, b) => a.length - b.length)[0];
    assert.ok(found !== undefined, `no folder ${name} under ${root}`);
    return found;
}

/** The slot with the most files in its replica, and those of them that hold more than its first transaction. */
async function mostFiles(slots: string): Promise<{ slot: string; laterFiles: string[] }> {
    const all = await Promise.all(
        (await readdir(slots)).map(async (name) => {
            const files = await readdir(join(slots, name), { recursive: true });
            const later = files.filter((file) => file.endsWith(".ltx") && !file.endsWith("-0000000000000001.ltx"));
            return { slot: name.replace(/\.db$/, ""), laterFiles: later.map((file) => join(slots, name, file)) };
        }),
    );
    const [most] = all.sort((a, b) => b.laterFiles.length - a.laterFiles.length);
    assert.ok(most !== undefined && most.laterFiles.length > 2, "no slot was written to");
    return most;
}
