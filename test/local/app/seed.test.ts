import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { getSlotDb } from "../../../local/app/database.ts";
import { appProbes } from "../../../local/app/probes.ts";
import { Random } from "../../../local/app/random.ts";
import { seedFleet } from "../../../local/app/seed.ts";
import { slotBytes } from "../../../local/app/slot-content.ts";
import { seededFolder, temporaryFolder } from "../../support/app-data.ts";

function hashes(folder: string): Record<string, string> {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".db"));
    return Object.fromEntries(
        files.sort().map((name) => [
            name,
            createHash("sha256")
                .update(readFileSync(join(folder, name)))
                .digest("hex"),
        ]),
    );
}

function ask(path: string, sql: string): unknown {
    const database = getSlotDb(path);
    try {
        return database.prepare(sql).pluck().get();
    } finally {
        database.close();
    }
}

function probe(kind: "global" | "slot", name: string): string {
    const sql = appProbes[kind].find((candidate) => candidate.name === name)?.sql;
    assert.ok(sql !== undefined);
    return sql;
}

describe("seedFleet", () => {
    it("makes the same bytes from the same seed, others from another, and no two slots alike", () => {
        using one = seededFolder(3, 7);
        using same = seededFolder(3, 7);
        using other = seededFolder(3, 8);
        assert.equal(Object.keys(hashes(one.path)).length, 4);
        assert.equal(new Set(Object.values(hashes(one.path))).size, 4);
        assert.deepEqual(hashes(same.path), hashes(one.path));
        assert.notDeepEqual(hashes(other.path), hashes(one.path));
    });

    it("makes one catalog entry and one sound file for each slot, and nothing else", () => {
        using folder = seededFolder(3);
        const database = getSlotDb(join(folder.path, "global.db"));
        const ids = database.prepare("SELECT id || '.db' FROM slots WHERE active = 1 ORDER BY 1").pluck().all();
        database.close();
        assert.deepEqual(readdirSync(join(folder.path, "slots")).sort(), ids);
        for (const file of ids as string[]) {
            const path = join(folder.path, "slots", file);
            assert.equal(ask(path, "PRAGMA integrity_check"), "ok");
            assert.equal(ask(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
            assert.equal(ask(path, "SELECT count(*) FROM actions"), ask(path, "SELECT count(*) - 1 FROM audit_log"));
            assert.ok(
                Number(ask(path, "SELECT count(*) FROM actions_search WHERE actions_search MATCH 'invoice'")) > 0,
            );
            const bytes = statSync(path).size;
            assert.ok(bytes > 80_000 && bytes < 440_000, `${file} has ${bytes} bytes`);
        }
        assert.deepEqual(readdirSync(join(folder.path, "new")), []);
    });

    it("has one canary, and no sequence numbers: those belong to the load", () => {
        using folder = seededFolder(1);
        const global = join(folder.path, "global.db");
        const slot = join(folder.path, "slots", readdirSync(join(folder.path, "slots"))[0] ?? "");
        assert.equal(ask(global, probe("global", "canary")), 1);
        assert.equal(ask(global, probe("global", "users")), 301);
        assert.equal(ask(global, probe("global", "activeSlots")), 1);
        assert.equal(ask(global, probe("global", "sequences")), null);
        assert.equal(ask(slot, probe("slot", "sequences")), null);
        const newest = Number(ask(slot, probe("slot", "newestAuditAt")));
        assert.ok(newest > Date.UTC(2025, 8, 1) && newest < Date.UTC(2025, 10, 1));
    });

    it("plans one slot in twenty of 5 to 20 MB and the others of 100 to 400 KB", () => {
        const sizes = Array.from({ length: 400 }, (_, number) => slotBytes(new Random(1, `slot ${number}`), number));
        const large = sizes.filter((bytes) => bytes >= 5_000_000 && bytes <= 20_000_000);
        const small = sizes.filter((bytes) => bytes >= 100_000 && bytes <= 400_000);
        assert.deepEqual([large.length, small.length], [20, 380]);
    });

    it("leaves a fleet that is there as it is", () => {
        using folder = seededFolder(1);
        const before = hashes(folder.path);
        assert.equal(seedFleet({ dataDir: folder.path, slots: 5, seed: 2, progress: () => undefined }), false);
        assert.deepEqual(hashes(folder.path), before);
    });

    it("refuses to seed over slots whose global database is gone", () => {
        using folder = seededFolder(1);
        rmSync(join(folder.path, "global.db"));
        assert.throws(() => seedFleet({ dataDir: folder.path, slots: 1, seed: 1, progress: () => undefined }), {
            kind: "usage",
            message: `${join(folder.path, "slots")} holds files, but ${join(folder.path, "global.db")} does not exist`,
        });
        assert.equal(existsSync(join(folder.path, "global.db")), false);
    });

    it("starts afresh where a seed was cut short", () => {
        using folder = temporaryFolder();
        assert.throws(() =>
            seedFleet({
                dataDir: folder.path,
                slots: 60,
                seed: 1,
                progress: () => {
                    throw new Error("cut short");
                },
            }),
        );
        assert.equal(existsSync(join(folder.path, "global.db")), false);
        assert.equal(seedFleet({ dataDir: folder.path, slots: 2, seed: 1, progress: () => undefined }), true);
        assert.deepEqual(readdirSync(join(folder.path, "new")), []);
        assert.equal(readdirSync(join(folder.path, "slots")).length, 2);
    });
});

describe("the sequences probe", () => {
    it("gives ranges in order, whatever the order of writing", () => {
        using folder = seededFolder(1);
        const slot = join(folder.path, "slots", readdirSync(join(folder.path, "slots"))[0] ?? "");
        const database = getSlotDb(slot);
        const insert = database.prepare(
            "INSERT INTO actions (seq, kind, payload, at, user_id) VALUES (?, 'x', 'x', 1, 1)",
        );
        for (const seq of [7, 1, 2, 3, 12, 11, 2_147_483_649]) insert.run(seq);
        database.close();
        assert.equal(ask(slot, probe("slot", "sequences")), "1-3,7,11-12,2147483649");
    });
});
