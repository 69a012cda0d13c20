import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import Database from "better-sqlite3";

import { SlotkeeperError } from "../../scripts/errors.ts";
import type { RestoreAllOptions } from "../../scripts/fleet/restore-all.ts";
import { restoreAll } from "../../scripts/fleet/restore-all.ts";
import type { DatabaseResult, FleetResult } from "../../scripts/fleet/result.ts";
import { fleetPassed, fleetResultSchema } from "../../scripts/fleet/result.ts";
import { makeOddFleet } from "../support/odd-fleet.ts";
import type { FleetWorld } from "../support/replicated-fleet.ts";
import { openFleetWorld } from "../support/replicated-fleet.ts";

const SLOTS = ["fts5", "strict", "generated", "without_rowid", "page_1024", "page_8192", "utf-16"] as const;
const UNSAFE = ["../x", "a b", `quo"te'`, "-rf", 42] as const;

describe("restoreAll, of a fleet with faults", () => {
    let world: FleetWorld;
    let result: FleetResult;
    let folders = 0;

    const restore = (more: Partial<RestoreAllOptions> = {}) => {
        folders += 1;
        return restoreAll({
            settings: world.settings(`restored-${folders}`),
            keys: world.keys,
            resultPath: null,
            allowEmptyReplica: false,
            acceptGaps: false,
            progress: () => undefined,
            ...more,
        });
    };

    /** LTX files of a replica's level 0, oldest first, as files of the store. */
    const ltxFiles = async (replicaPath: string) => {
        const folder = join(world.bucketDir, replicaPath, "0000");
        return (await readdir(folder)).sort().map((name) => join(folder, name));
    };

    const databaseOf = (from: FleetResult, id: string): DatabaseResult => {
        const found = from.databases.find((database) => database.id === id);
        assert.ok(found !== undefined, `${id} has a result`);
        return found;
    };

    before(async () => {
        world = await openFleetWorld();
        makeOddFleet(world.sourceDir, { only: SLOTS, extraIds: [...UNSAFE, "never_replicated"] });
        for (let round = 0; round < 4; round += 1) {
            for (const id of SLOTS) writeRound(join(world.sourceDir, "slots", `${id}.db`), round);
            await world.replicate();
        }
        damageIndex(join(world.sourceDir, "slots", "page_1024.db"));
        violateForeignKey(join(world.sourceDir, "slots", "page_8192.db"));
        await world.replicate();
        // Removed behind the store's back, as a store that lost them would: a daemon that sees it may repair it.
        const [, middle] = await ltxFiles("slots/fts5.db");
        const newest = (await ltxFiles("slots/strict.db")).at(-1);
        const flipped = (await ltxFiles("slots/generated.db")).at(-1);
        assert.ok(middle !== undefined && newest !== undefined && flipped !== undefined);
        await rm(middle);
        await rm(newest);
        await flipBit(flipped);
        await rm((await ltxFiles("slots/without_rowid.db"))[0] ?? "");
        result = await restore({ resultPath: join(world.dir, "result.json") });
    });

    after(() => world.close());

    it("fails, restores what is sound, and puts nothing else in the slots folder", async () => {
        assert.equal(fleetPassed(result), false);
        const restored = result.databases.filter(({ status }) => status === "restored").map(({ id }) => id);
        assert.deepEqual(restored, ["global", "strict", "utf-16"]);
        assert.deepEqual((await readdir(join(world.dir, "restored-1", "slots"))).sort(), ["strict.db", "utf-16.db"]);
        assert.equal(result.databases.length, result.catalog.active.length + 1);
        assert.ok(result.databases.every(({ status, problem }) => status === "restored" || problem !== null));
    });

    it("names the transactions that a missing middle file leaves out", () => {
        const { status, problem } = databaseOf(result, "fts5");
        assert.equal(status, "failed");
        assert.match(problem?.message ?? "", /transactions 0000000000000002 to 0000000000000002 are missing/);
        assert.match(problem?.hint ?? "", /--accept-gaps/);
    });

    it("names an LTX file with a flipped bit", () => {
        assert.match(databaseOf(result, "generated").problem?.message ?? "", /checksum|lz4|invalid|corrupt/i);
    });

    it("names a replica that has lost its beginning", () => {
        assert.match(databaseOf(result, "without_rowid").problem?.message ?? "", /no beginning/);
    });

    it("names a slot without a replica", () => {
        assert.match(databaseOf(result, "never_replicated").problem?.message ?? "", /replica is empty/);
    });

    it("sets a database aside whose index is damaged, and says where", async () => {
        const { problem, integrity, status } = databaseOf(result, "page_1024");
        assert.equal(status, "failed");
        assert.match(integrity.join(), /missing from index damaged/);
        const kept = join(world.dir, "restored-1", ".failed", "slot-page_1024.db");
        assert.ok(problem?.hint.includes(kept));
        assert.ok(existsSync(kept));
        assert.deepEqual((await readdir(join(world.dir, "restored-1", ".failed"))).length, 2);
    });

    it("sets a database aside that violates a foreign key", () => {
        const { problem, foreignKeyViolations } = databaseOf(result, "page_8192");
        assert.equal(foreignKeyViolations, 1);
        assert.match(problem?.message ?? "", /1 row violates a foreign key/);
    });

    it("restores to an older transaction when the newest file is lost, which only its TXID and restore point tell", () => {
        const short = databaseOf(result, "strict");
        const whole = databaseOf(result, "utf-16");
        assert.equal(short.status, "restored");
        assert.deepEqual(short.integrity, []);
        assert.ok(BigInt(`0x${short.txid ?? ""}`) < BigInt(`0x${whole.txid ?? ""}`));
        assert.ok((short.restorePointAt ?? Infinity) < (whole.restorePointAt ?? 0));
        assert.equal(short.tables.find(({ name }) => name === "rounds")?.rows, 3);
    });

    it("names every unsafe id of the catalog and uses none as a path", async () => {
        assert.equal(result.catalog.refused.length, UNSAFE.length);
        assert.ok(
            ["../x", "a b", `quo"te'`, "-rf"].every((id) =>
                result.catalog.refused.some((refusal) => refusal.id === id),
            ),
        );
        assert.ok(!existsSync(join(world.dir, "restored-1", "x.db")));
        assert.deepEqual((await readdir(join(world.dir, "restored-1"))).sort(), [
            ".failed",
            ".restored.json",
            "global.db",
            "slots",
        ]);
    });

    it("leaves the same result in the file, marked complete", async () => {
        const written = fleetResultSchema.parse(JSON.parse(await readFile(join(world.dir, "result.json"), "utf8")));
        assert.deepEqual(written, JSON.parse(JSON.stringify(result)));
        assert.equal(written.complete, true);
    });

    it("restores up to a gap when told to accept gaps, and still says so", async () => {
        const fts5 = databaseOf(await restore({ acceptGaps: true }), "fts5");
        assert.equal(fts5.status, "restored");
        assert.equal(fts5.txid, "0000000000000001");
        assert.match(fts5.problem?.message ?? "", /missing from the replica/);
    });

    it("refuses a folder that holds a database or a slot", async () => {
        const dataDir = join(world.dir, "taken");
        await mkdir(join(dataDir, "slots"), { recursive: true });
        await writeFile(join(dataDir, "slots", "mine.db"), "");
        const usage = (error: unknown) => error instanceof SlotkeeperError && error.kind === "usage";
        await assert.rejects(restore({ settings: world.settings("taken") }), usage);
        await rm(join(dataDir, "slots", "mine.db"));
        await writeFile(join(dataDir, "global.db-wal"), "");
        await assert.rejects(restore({ settings: world.settings("taken") }), usage);
        assert.deepEqual(await readdir(dataDir), ["global.db-wal", "slots"]);
    });

    it("lets one restore of a folder run at a time", async () => {
        const settings = world.settings("twice");
        const outcomes = await Promise.allSettled([restore({ settings }), restore({ settings })]);
        const failures = outcomes.filter(({ status }) => status === "rejected");
        assert.equal(failures.length, 1);
        const [failure] = failures;
        assert.ok(failure?.status === "rejected" && failure.reason instanceof SlotkeeperError);
        assert.equal(failure.reason.kind, "locked");
    });
});

describe("restoreAll, of a bucket that cannot give a fleet", () => {
    let world: FleetWorld;

    before(async () => {
        world = await openFleetWorld();
    });

    after(() => world.close());

    const restore = (settings: ReturnType<FleetWorld["settings"]>, more: Partial<RestoreAllOptions> = {}) => {
        const asked = { resultPath: null, allowEmptyReplica: false, acceptGaps: false, progress: () => undefined };
        return restoreAll({ settings, keys: world.keys, ...asked, ...more });
    };

    const failsWith = (kind: string, words: RegExp) => (error: unknown) => {
        assert.ok(error instanceof SlotkeeperError, String(error));
        assert.equal(error.kind, kind);
        assert.match(error.message, words);
        return true;
    };

    it("refuses an empty bucket unless the fleet may be new", async () => {
        const settings = world.settings("new");
        await assert.rejects(restore(settings), failsWith("notFound", /no replica of the global database/));
        assert.ok(!existsSync(settings.dataDir), "nothing is made for a restore that cannot start");
        const fresh = await restore(settings, { allowEmptyReplica: true });
        assert.deepEqual(fresh.databases, []);
        assert.deepEqual((await readdir(settings.dataDir)).sort(), [".restored.json", "slots"]);
    });

    it("takes slots without a global database for a wrong prefix or a loss, never for a new fleet", async () => {
        makeOddFleet(world.sourceDir, { only: ["strict"] });
        await world.replicate();
        await rm(join(world.bucketDir, "global"), { recursive: true });
        const expected = failsWith("notFound", /replicas of 1 slots but none of the global database/);
        await assert.rejects(restore(world.settings("lost"), { allowEmptyReplica: true }), expected);
    });

    it("says that the bucket is not there, the keys are wrong, or the store does not answer", async () => {
        const settings = world.settings("none");
        const { replica } = settings;
        const elsewhere = (change: Partial<typeof replica>) => ({ ...settings, replica: { ...replica, ...change } });
        await assert.rejects(restore(elsewhere({ bucket: "no-such-bucket" })), failsWith("notFound", /no-such-bucket/));
        const keys = { ...world.keys, secretAccessKey: "wrong" };
        await assert.rejects(restore(settings, { keys }), failsWith("remote", /refuses these keys/));
        const down = elsewhere({ endpoint: "http://127.0.0.1:9" });
        await assert.rejects(restore(down), failsWith("remote", /cannot be reached: .+/));
        assert.ok(!existsSync(settings.dataDir));
    });
});

function writeRound(path: string, round: number): void {
    const database = new Database(path);
    database.exec("CREATE TABLE IF NOT EXISTS rounds (round INTEGER)");
    database.prepare("INSERT INTO rounds VALUES (?)").run(round);
    database.close();
}

async function flipBit(path: string): Promise<void> {
    const bytes = await readFile(path);
    const at = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(path, bytes);
}

/** The schema then says the index is on another expression than its entries are. */
function damageIndex(path: string): void {
    const database = new Database(path);
    database.unsafeMode();
    database.exec(`CREATE INDEX damaged ON rounds (round); PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = 'CREATE INDEX damaged ON rounds (round + 1)' WHERE name = 'damaged'`);
    database.close();
}

function violateForeignKey(path: string): void {
    const database = new Database(path);
    database.pragma("foreign_keys = OFF");
    database.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id REFERENCES parent (id));
        INSERT INTO child VALUES (1)`);
    database.close();
}
