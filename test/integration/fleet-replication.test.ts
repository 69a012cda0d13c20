import assert from "node:assert/strict";
import { copyFile, cp, mkdir, rename, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

import Database from "better-sqlite3";

import { daemonSockets } from "../../scripts/adapters/litestream-socket.ts";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { checkReplication } from "../../scripts/fleet/replication-check.ts";
import { listReplicated } from "../../scripts/fleet/replication-list.ts";
import { restoreAll } from "../../scripts/fleet/restore-all.ts";
import { makeOddFleet } from "../support/odd-fleet.ts";
import type { FleetWorld } from "../support/replicated-fleet.ts";
import { openFleetWorld } from "../support/replicated-fleet.ts";

describe("checkReplication", () => {
    let world: FleetWorld;

    beforeEach(async () => {
        world = await openFleetWorld();
        makeOddFleet(world.sourceDir, { only: ["strict", "fts5"] });
    });

    afterEach(() => world.close());

    const check = async (folder: string) => {
        const settings = world.settings(folder, { role: "production" });
        const { refusals } = await checkReplication(settings, world.keys);
        return refusals.map(({ id, message }) => `${id}: ${message}`);
    };
    const restore = (folder: string, acceptGaps = false) => {
        const settings = world.settings(folder, { role: "production" });
        const more = { resultPath: null, allowEmptyReplica: false, acceptGaps, progress: () => undefined };
        return restoreAll({ settings, keys: world.keys, ...more });
    };

    it("lets a new fleet replicate into an empty bucket, and an old one go on", async () => {
        assert.deepEqual(await check("source"), []);
        await world.replicate();
        assert.deepEqual(await check("source"), []);
    });

    it("refuses a server that has no database while the bucket holds a fleet", async () => {
        await world.replicate();
        await mkdir(join(world.dir, "fresh"));
        const refusals = await check("fresh");
        assert.equal(refusals.length, 1);
        assert.match(refusals[0] ?? "", /^global: .*does not exist, but its replica holds transactions up to/);
    });

    it("refuses an empty database of the same name, and a slot that is missing", async () => {
        await world.replicate();
        makeOddFleet(join(world.dir, "fresh"), { only: ["strict", "fts5"] });
        await rm(join(world.dir, "fresh", "slots", "fts5.db"));
        const refusals = await check("fresh");
        assert.deepEqual(
            refusals.map((refusal) => refusal.split(":")[0]),
            ["global", "strict", "fts5"],
        );
        assert.match(refusals[0] ?? "", /nothing tells how new/);
        assert.match(refusals[2] ?? "", /does not exist/);
    });

    it("lets a restored fleet replicate, until its replica goes on without it", async () => {
        await world.replicate();
        await restore("restored");
        assert.deepEqual(await check("restored"), []);
        const database = new Database(join(world.sourceDir, "slots", "strict.db"));
        database.exec("CREATE TABLE later (v)");
        database.close();
        await world.replicate();
        const refusals = await check("restored");
        assert.deepEqual(
            refusals.map((refusal) => refusal.split(":")[0]),
            ["strict"],
        );
        assert.match(refusals[0] ?? "", /is at transaction 0+\d, but its replica holds transactions up to 0+\d/);
    });

    it("refuses an older copy whose own position is behind", async () => {
        await world.replicate();
        const slots = join(world.sourceDir, "slots");
        await copyFile(join(slots, "fts5.db"), join(world.dir, "older.db"));
        const metadata = join(slots, ".fts5.db-litestream");
        await cp(metadata, join(world.dir, "older-metadata"), { recursive: true });
        const database = new Database(join(slots, "fts5.db"));
        database.exec("CREATE TABLE later (v)");
        database.close();
        await world.replicate();
        assert.deepEqual(await check("source"), []);
        await rm(metadata, { recursive: true });
        await rename(join(world.dir, "older-metadata"), metadata);
        await rename(join(world.dir, "older.db"), join(slots, "fts5.db"));
        assert.match((await check("source")).join(), /^fts5: .*is at transaction/);
    });

    it("never lets a staging stack replicate", async () => {
        const { refusals } = await checkReplication(world.settings("source"), world.keys);
        assert.match(refusals[0]?.message ?? "", /staging/);
    });
});

describe("listReplicated", () => {
    let world: FleetWorld;

    before(async () => {
        world = await openFleetWorld();
    });

    after(() => world.close());

    it("names the databases that a daemon replicates", async () => {
        makeOddFleet(world.sourceDir, { only: ["strict", "fts5"] });
        await using daemon = await world.startDaemon();
        const databases = await listReplicated(world.settings("source"), await daemonSockets(daemon.socketsDir));
        assert.deepEqual(databases.map(({ id }) => id).sort(), ["fts5", "global", "strict"]);
        assert.ok(databases.every(({ status }) => status === "replicating"));
    });

    it("says that no daemon runs, or that one does not answer", async () => {
        const settings = world.settings("source");
        const kind = (expected: string) => (error: unknown) =>
            error instanceof SlotkeeperError && error.kind === expected;
        await assert.rejects(listReplicated(settings, await daemonSockets(join(world.dir, "none"))), kind("notFound"));
        await assert.rejects(listReplicated(settings, [join(world.dir, "gone.sock")]), kind("remote"));
        const socket = join(world.dir, "odd.sock");
        const odd = createServer((_, response) => response.writeHead(500).end("no"));
        await new Promise<void>((resolve) => odd.listen(socket, resolve));
        await assert.rejects(listReplicated(settings, [socket]), kind("remote"));
        odd.close();
    });
});
