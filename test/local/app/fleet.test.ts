import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getSlotDb } from "../../../local/app/database.ts";
import { Fleet } from "../../../local/app/fleet.ts";
import { seededFolder } from "../../support/app-data.ts";

interface OpenFleet extends Disposable {
    fleet: Fleet;
    lines: string[];
}

function open(path: string): OpenFleet {
    const lines: string[] = [];
    const fleet = new Fleet(path, (line) => lines.push(line));
    return {
        fleet,
        lines,
        [Symbol.dispose]() {
            fleet.close();
        },
    };
}

function files(...path: string[]): string[] {
    return readdirSync(join(...path)).sort();
}

const action = { seq: 1, kind: "tested", payload: "déjà vu" };

describe("Fleet", () => {
    it("stores an action with its audit entry and its search entry", () => {
        using folder = seededFolder(1);
        using app = open(folder.path);
        const [id = ""] = app.fleet.activeSlots();
        const before = app.fleet.summary(id);
        app.fleet.append(id, action, 2_000_000_000_000);
        assert.deepEqual(app.fleet.summary(id), {
            id,
            actions: before.actions + 1,
            maxSeq: 1,
            newestAuditAt: 2_000_000_000_000,
        });
        const reader = getSlotDb(join(folder.path, "slots", `${id}.db`));
        const found = reader
            .prepare("SELECT count(*) FROM actions_search WHERE actions_search MATCH 'déjà'")
            .pluck()
            .get();
        reader.close();
        assert.equal(found, 1);
    });

    it("refuses a sequence number twice, and stores nothing of it", () => {
        using folder = seededFolder(1);
        using app = open(folder.path);
        const [id = ""] = app.fleet.activeSlots();
        app.fleet.append(id, action, 2_000_000_000_000);
        const before = app.fleet.summary(id);
        assert.throws(
            () => {
                app.fleet.append(id, action, 2_000_000_000_001);
            },
            { name: "Refusal", status: 409 },
        );
        assert.deepEqual(app.fleet.summary(id), before);
    });

    it("creates a slot that is whole, and in the catalog", () => {
        using folder = seededFolder(1);
        using app = open(folder.path);
        app.fleet.create("newcomer", "New", 2_000_000_000_000);
        assert.deepEqual(app.fleet.summary("newcomer"), {
            id: "newcomer",
            actions: 0,
            maxSeq: null,
            newestAuditAt: 2_000_000_000_000,
        });
        assert.ok(app.fleet.activeSlots().includes("newcomer"));
        assert.deepEqual(files(folder.path, "new"), []);
        using again = open(folder.path);
        assert.ok(again.fleet.activeSlots().includes("newcomer"));
        assert.deepEqual(again.lines, []);
    });

    it("refuses an id that is or was in use, in whatever case", () => {
        using folder = seededFolder(1);
        using app = open(folder.path);
        app.fleet.create("Taken", "x", 1);
        app.fleet.deactivate("Taken", 2);
        const before = files(folder.path, "slots");
        assert.throws(
            () => {
                app.fleet.create("tAKEN", "x", 3);
            },
            { status: 409 },
        );
        assert.deepEqual(files(folder.path, "slots"), before);
    });

    it("deactivates a slot: out of the catalog and the slots folder, its data kept", () => {
        using folder = seededFolder(2);
        using app = open(folder.path);
        const [id = "", other = ""] = app.fleet.activeSlots();
        app.fleet.append(id, action, 2_000_000_000_000);
        app.fleet.deactivate(id, 2_000_000_000_001);
        assert.deepEqual(app.fleet.activeSlots(), [other]);
        assert.deepEqual(files(folder.path, "slots"), [`${other}.db`]);
        assert.throws(() => app.fleet.summary(id), { status: 404 });
        const kept = getSlotDb(join(folder.path, "inactive", `${id}.db`));
        assert.equal(kept.prepare("SELECT payload FROM actions WHERE seq = 1").pluck().get(), action.payload);
        kept.close();
    });

    it("keeps what another process has not checkpointed when a slot leaves", () => {
        using folder = seededFolder(1);
        using app = open(folder.path);
        const [id = ""] = app.fleet.activeSlots();
        const replicator = getSlotDb(join(folder.path, "slots", `${id}.db`));
        replicator.exec("BEGIN");
        replicator.prepare("SELECT count(*) FROM actions").get();
        app.fleet.append(id, action, 1);
        app.fleet.deactivate(id, 2);
        assert.deepEqual(files(folder.path, "slots"), []);
        assert.ok(existsSync(join(folder.path, "inactive", `${id}.db-wal`)));
        const copy = join(folder.path, "copy.db");
        for (const suffix of ["", "-wal"])
            copyFileSync(join(folder.path, "inactive", `${id}.db${suffix}`), `${copy}${suffix}`);
        const kept = getSlotDb(copy);
        assert.equal(kept.prepare("SELECT payload FROM actions WHERE seq = 1").pluck().get(), action.payload);
        kept.close();
        replicator.close();
    });

    it("completes at start what a killed app left half done", () => {
        using folder = seededFolder(2);
        const ids = files(folder.path, "slots").map((file) => file.slice(0, -3));
        const [gone = "", half = ""] = ids;
        const slots = join(folder.path, "slots");
        const database = getSlotDb(join(folder.path, "global.db"));
        database.prepare("UPDATE slots SET active = 0").run();
        database.close();
        // One was not moved at all, the other without its write-ahead log; a third was never entered in the catalog.
        writeFileSync(join(slots, `${half}.db-wal`), "");
        renameSync(join(slots, `${half}.db`), join(folder.path, "inactive", `${half}.db`));
        copyFileSync(join(slots, `${gone}.db`), join(slots, "stranger.db"));
        using app = open(folder.path);
        assert.deepEqual(files(slots), []);
        assert.deepEqual(
            files(folder.path, "inactive"),
            [`${gone}.db`, `${half}.db`, `${half}.db-wal`, "stranger.db"].sort(),
        );
        assert.equal(app.lines.length, 3);
    });

    it("never replaces a file when a slot leaves", () => {
        using folder = seededFolder(1);
        const [file = ""] = files(folder.path, "slots");
        writeFileSync(join(folder.path, "inactive", file), "older");
        using app = open(folder.path);
        app.fleet.deactivate(file.slice(0, -3), 1);
        assert.equal(files(folder.path, "inactive").length, 2);
    });

    it("names an active slot without a database, and never makes one up", () => {
        using folder = seededFolder(2);
        const [file = "", other = ""] = files(folder.path, "slots");
        rmSync(join(folder.path, "slots", file));
        using app = open(folder.path);
        const id = file.slice(0, -3);
        assert.deepEqual(app.lines, [`active slot ${id} has no database`]);
        assert.throws(
            () => {
                app.fleet.append(id, action, 1);
            },
            { status: 503 },
        );
        assert.equal(existsSync(join(folder.path, "slots", file)), false);
        app.fleet.append(other.slice(0, -3), action, 1);
    });

    it("lets a stopped slot's file be exchanged, over a restart, too", () => {
        using folder = seededFolder(2);
        using app = open(folder.path);
        const [id = "", other = ""] = app.fleet.activeSlots();
        const path = join(folder.path, "slots", `${id}.db`);
        app.fleet.append(id, action, 1);
        copyFileSync(join(folder.path, "slots", `${other}.db`), join(folder.path, "replacement"));
        app.fleet.stop(id);
        assert.deepEqual([existsSync(`${path}-wal`), existsSync(`${path}-shm`)], [false, false]);
        assert.throws(() => app.fleet.summary(id), { status: 409 });

        using restarted = open(folder.path);
        assert.throws(
            () => {
                restarted.fleet.append(id, action, 1);
            },
            { status: 409 },
        );
        writeFileSync(path, "broken".repeat(1000));
        assert.throws(
            () => {
                restarted.fleet.start(id);
            },
            { status: 503 },
        );
        assert.throws(() => restarted.fleet.summary(id), { status: 409 });
        renameSync(join(folder.path, "replacement"), path);
        restarted.fleet.start(id);
        assert.equal(restarted.fleet.summary(id).maxSeq, null);
    });
});
