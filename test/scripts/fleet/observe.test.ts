import assert from "node:assert/strict";
import { mkdirSync, openSync, readFileSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import type { ObserveRequest } from "../../../scripts/fleet/observe.ts";
import { observe } from "../../../scripts/fleet/observe.ts";
import { ObservePool } from "../../../scripts/fleet/observe-pool.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("observe", () => {
    const folder = useTemporaryFolder();
    const path = () => join(folder(), "slot.db");

    function make(sql: string): Database.Database {
        const database = new Database(path());
        database.pragma("journal_mode = WAL");
        database.exec(sql);
        return database;
    }

    const look = (more: Partial<ObserveRequest> = {}) => {
        return observe({ path: path(), use: "alone", digest: false, probes: [], ...more });
    };

    it("finds a sound database sound, counts its rows, and leaves it as it was", () => {
        make("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)").close();
        const before = readFileSync(path());
        const seen = look();
        assert.deepEqual(seen.integrity, []);
        assert.equal(seen.foreignKeyViolations, 0);
        assert.deepEqual(seen.tables, [{ name: "t", rows: 2 }]);
        assert.equal(seen.digest, null);
        assert.equal(seen.bytes, before.length);
        assert.deepEqual(readFileSync(path()), before);
        assert.deepEqual(readdirSync(folder()), ["slot.db"]);
    });

    it("names a damaged index", () => {
        const database = make("CREATE TABLE t (v); CREATE INDEX i ON t (v); INSERT INTO t VALUES (1), (2), (3)");
        // The schema says the index is on another expression than its entries are.
        database.unsafeMode();
        database.exec(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (v + 1)' WHERE name = 'i'",
        );
        database.close();
        assert.match(look().integrity.join("\n"), /missing from index i/);
    });

    it("names a page that is overwritten", () => {
        make("CREATE TABLE t (v); INSERT INTO t VALUES (zeroblob(20000))").close();
        const file = openSync(path(), "r+");
        writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, 4096);
        const { integrity } = look();
        assert.notDeepEqual(integrity, []);
        assert.match(integrity.join("\n"), /malformed|page 2|btree/i);
    });

    it("names a file that is no database, and one that is not there", () => {
        writeFileSync(path(), "no database ".repeat(100));
        assert.match(look().integrity.join(), /not a database/);
        assert.match(look({ path: join(folder(), "absent.db") }).integrity.join(), /unable to open/);
    });

    it("counts rows that violate a foreign key", () => {
        const database = make("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p_id REFERENCES p (id))");
        database.pragma("foreign_keys = OFF");
        database.exec("INSERT INTO c VALUES (1), (2), (NULL)");
        database.close();
        assert.equal(look().foreignKeyViolations, 2);
    });

    it("names a foreign key that has no parent key", () => {
        const database = make("CREATE TABLE p (name TEXT); CREATE TABLE c (p_name REFERENCES p (name))");
        database.pragma("foreign_keys = OFF");
        database.exec("INSERT INTO c VALUES ('x')");
        database.close();
        assert.match(look().integrity.join(), /foreign_key_check: foreign key mismatch/);
    });

    it("answers probes with nothing, a value, or a list, and names a probe that fails", () => {
        make("CREATE TABLE t (v); INSERT INTO t VALUES (1), ('two'), (NULL), (x'0a')").close();
        const probes = [
            { name: "none", sql: "SELECT v FROM t WHERE 0" },
            { name: "null", sql: "SELECT max(v) FROM t WHERE 0" },
            { name: "one", sql: "SELECT count(*) FROM t" },
            { name: "list", sql: "SELECT v FROM t" },
            { name: "broken", sql: "SELECT nowhere FROM t" },
            { name: "write", sql: "DELETE FROM t RETURNING v" },
        ];
        const seen = look({ probes });
        assert.deepEqual(seen.probes, { none: null, null: null, one: 4, list: [1, "two", "0a"] });
        assert.match(seen.probeErrors["broken"] ?? "", /no such column/);
        assert.match(seen.probeErrors["write"] ?? "", /not a SELECT/);
        assert.deepEqual(seen.tables, [{ name: "t", rows: 4 }]);
    });

    it("reads a database that an app has open, with what is in its WAL, and checkpoints nothing", () => {
        const app = make("CREATE TABLE t (v)");
        app.exec("INSERT INTO t VALUES (1), (2), (3)");
        const wal = readFileSync(`${path()}-wal`);
        assert.deepEqual(look({ use: "shared" }).tables, [{ name: "t", rows: 3 }]);
        assert.deepEqual(readFileSync(`${path()}-wal`), wal);
        app.exec("INSERT INTO t VALUES (4)");
        app.close();
    });
});

describe("ObservePool", () => {
    const folder = useTemporaryFolder();

    it("looks at many databases on several threads and says of each what is wrong with it", async () => {
        const pool = new ObservePool(2);
        try {
            mkdirSync(join(folder(), "slots"));
            const paths = Array.from({ length: 12 }, (_, index) => join(folder(), "slots", `${index}.db`));
            for (const [index, path] of paths.entries()) {
                if (index === 5) {
                    writeFileSync(path, "no database ".repeat(100));
                } else {
                    const database = new Database(path);
                    database.exec(
                        `CREATE TABLE t (v); INSERT INTO t VALUES ${Array(index + 1)
                            .fill("(1)")
                            .join()}`,
                    );
                    database.close();
                }
            }
            const seen = await Promise.all(
                paths.map((path) => pool.observe({ path, use: "alone", digest: true, probes: [] })),
            );
            for (const [index, { tables, integrity }] of seen.entries()) {
                if (index === 5) assert.match(integrity.join(), /not a database/);
                else assert.deepEqual(tables, [{ name: "t", rows: index + 1 }]);
            }
        } finally {
            await pool.close();
        }
    });
});
