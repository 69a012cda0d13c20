import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getSlotDb } from "../../../local/app/database.ts";
import { temporaryFolder } from "../../support/app-data.ts";

describe("getSlotDb", () => {
    it("sets the pragmas that replication relies on", () => {
        using folder = temporaryFolder();
        const database = getSlotDb(join(folder.path, "one.db"), { create: true });
        const values = ["journal_mode", "synchronous", "wal_autocheckpoint", "busy_timeout", "foreign_keys"].map(
            (name) => database.pragma(name, { simple: true }),
        );
        database.close();
        assert.deepEqual(values, ["wal", 1, 1000, 5000, 1]);
    });

    it("refuses a database that cannot have a write-ahead log", () => {
        assert.throws(() => getSlotDb(":memory:", { create: true }), {
            name: "SlotkeeperError",
            kind: "checkFailed",
            message: ":memory:: PRAGMA journal_mode is memory, not WAL",
        });
    });

    it("never makes a database that is missing", () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "none.db");
        assert.throws(() => getSlotDb(path), { code: "SQLITE_CANTOPEN" });
        assert.equal(existsSync(path), false);
    });

    it("refuses a file that is no database", () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "text.db");
        writeFileSync(path, "no database at all, but long enough to have a header of its own".repeat(40));
        assert.throws(() => getSlotDb(path), { code: "SQLITE_NOTADB" });
    });
});
