import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { copyDatabase } from "../../../scripts/drill/copy-database.ts";

/** Every transaction gives all 2,000 rows one value; the database is closed after each. */
const reopeningWriter = `
import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
for (let v = 0; ; v += 1) {
    const database = new Database(process.argv[1]);
    database.pragma("journal_mode = WAL");
    if (v === 0) {
        database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v, pad)");
        database.exec("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000) INSERT INTO t SELECT i, 0, zeroblob(500) FROM c");
    }
    database.prepare("UPDATE t SET v = ?").run(v);
    database.close();
    if (v === 0) console.log("ready");
    await new Promise((go) => setTimeout(go, 5));
}`;

describe("the copy of a user's database", () => {
    let folder: string;
    let copies: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "slotkeeper-copy-"));
        copies = join(folder, "copies");
        mkdirSync(copies);
        mkdirSync(join(folder, "theirs"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    const theirs = (name: string) => join(folder, "theirs", name);
    /** Every file of the user's folder with its size and times. */
    const traces = () =>
        readdirSync(join(folder, "theirs")).map((name) => {
            const { size, mtimeMs, ctimeMs } = statSync(theirs(name));
            return [name, size, mtimeMs, ctimeMs];
        });

    function make(name: string, mode: "WAL" | "DELETE"): Database.Database {
        const database = new Database(theirs(name));
        database.pragma(`journal_mode = ${mode}`);
        database.exec("CREATE TABLE t (a); INSERT INTO t VALUES (42)");
        return database;
    }

    async function copied(name: string): Promise<unknown> {
        const before = traces();
        assert.equal(await copyDatabase(theirs(name), join(copies, name)), null);
        assert.deepEqual(traces(), before, "the user's folder was touched");
        assert.deepEqual(readdirSync(copies), [name]);
        const copy = new Database(join(copies, name));
        try {
            assert.equal(copy.pragma("journal_mode", { simple: true }), "wal");
            return copy.prepare("SELECT a FROM t").pluck().all();
        } finally {
            copy.close();
        }
    }

    it("leaves no trace beside a database at rest, in either journal mode", async () => {
        make("wal.db", "WAL").close();
        assert.deepEqual(await copied("wal.db"), [42]);
        rmSync(join(copies, "wal.db"));
        make("delete.db", "DELETE").close();
        assert.deepEqual(await copied("delete.db"), [42]);
    });

    it("has what a running app has committed and not yet checkpointed", async () => {
        const app = make("live.db", "WAL");
        app.exec("INSERT INTO t VALUES (43)");
        try {
            assert.equal(await copyDatabase(theirs("live.db"), join(copies, "live.db")), null);
        } finally {
            app.close();
        }
        const copy = new Database(join(copies, "live.db"), { readonly: true });
        assert.deepEqual(copy.prepare("SELECT a FROM t").pluck().all(), [42, 43]);
        copy.close();
    });

    it("is of one moment while another process opens, writes and closes the database all the time", async () => {
        const writer = spawn(process.execPath, ["--input-type=module", "--eval", reopeningWriter, theirs("busy.db")], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        try {
            await once(writer.stdout, "data");
            for (let round = 0; round < 10; round += 1) {
                const target = join(copies, `busy-${round}.db`);
                assert.equal(await copyDatabase(theirs("busy.db"), target), null);
                const copy = new Database(target, { readonly: true });
                assert.deepEqual(copy.prepare("SELECT count(DISTINCT v), count(*) FROM t").raw().get(), [1, 2000]);
                copy.close();
            }
        } finally {
            writer.kill("SIGKILL");
        }
    });

    it("says in words why a file is no database", async () => {
        writeFileSync(theirs("junk.db"), "no database ".repeat(100));
        const before = traces();
        assert.match((await copyDatabase(theirs("junk.db"), join(copies, "junk.db"))) ?? "", /not an SQLite database/);
        assert.deepEqual(traces(), before);
    });

    it("makes a WAL database of an empty file, which SQLite takes for an empty database", async () => {
        writeFileSync(theirs("empty.db"), "");
        assert.equal(await copyDatabase(theirs("empty.db"), join(copies, "empty.db")), null);
        assert.ok(statSync(join(copies, "empty.db")).size > 0);
    });

    it("needs no permission to write", async () => {
        make("wal.db", "WAL").close();
        chmodSync(theirs("wal.db"), 0o400);
        assert.deepEqual(await copied("wal.db"), [42]);
    });
});
