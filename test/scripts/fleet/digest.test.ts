import assert from "node:assert/strict";

import Database from "better-sqlite3";
import fc from "fast-check";

import { digestDatabase } from "../../../scripts/fleet/digest.ts";
import { RowWriter } from "../../../scripts/fleet/row-writer.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

function digestOf(...statements: string[]) {
    const database = new Database(":memory:");
    try {
        for (const statement of statements) database.exec(statement);
        return digestDatabase(database);
    } finally {
        database.close();
    }
}

const TABLE = "CREATE TABLE t (v)";

describe("digestDatabase", () => {
    const folder = useTemporaryFolder();

    it("tells values of different types apart that look alike", () => {
        const alike = [
            "1",
            "1.0",
            "'1'",
            "x'31'",
            "NULL",
            "''",
            "x''",
            "0",
            "'NULL'",
            "9007199254740993",
            "9007199254740992",
        ];
        const digests = alike.map((value) => digestOf(TABLE, `INSERT INTO t VALUES (${value})`).digest);
        assert.equal(new Set(digests).size, alike.length);
    });

    it("tells text apart that is not valid Unicode", () => {
        const alike = ["x'ff'", "x'fe'", "x'efbfbd'", "x'80'"];
        const digests = alike.map((bytes) => digestOf(TABLE, `INSERT INTO t VALUES (CAST(${bytes} AS TEXT))`).digest);
        assert.equal(new Set(digests).size, alike.length);
    });

    it("sees what follows a NUL character in a text", () => {
        const insert = (rest: string) => `INSERT INTO t VALUES ('a' || char(0) || '${rest}')`;
        assert.notEqual(digestOf(TABLE, insert("b")).digest, digestOf(TABLE, insert("c")).digest);
    });

    it("tells rows and columns apart that join to the same bytes", () => {
        const two = "CREATE TABLE t (a, b)";
        const one = digestOf(two, "INSERT INTO t VALUES ('ab', 'c')").digest;
        const other = digestOf(two, "INSERT INTO t VALUES ('a', 'bc')").digest;
        assert.notEqual(one, other);
    });

    it("sees the order of rows", () => {
        const one = digestOf(TABLE, "INSERT INTO t VALUES (1), (2)").digest;
        assert.notEqual(one, digestOf(TABLE, "INSERT INTO t VALUES (2), (1)").digest);
    });

    it("counts the rows of every table", () => {
        const { tables } = digestOf(TABLE, "CREATE TABLE u (v)", "INSERT INTO t VALUES (1), (2)");
        assert.deepEqual(tables, [
            { name: "t", rows: 2 },
            { name: "u", rows: 0 },
        ]);
    });

    it("does not see page size, free pages, or a vacuum", () => {
        const fill = (path: string, pageSize: number) => {
            const database = new Database(path);
            database.pragma(`page_size = ${pageSize}`);
            database.exec(`${TABLE}; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
                INSERT INTO t SELECT 'row ' || i FROM n; DELETE FROM t WHERE rowid % 3 = 0;`);
            return database;
        };
        const small = fill(`${folder()}/small.db`, 512);
        const big = fill(`${folder()}/big.db`, 65536);
        const expected = digestDatabase(small).digest;
        assert.equal(digestDatabase(big).digest, expected);
        small.exec("VACUUM");
        assert.equal(digestDatabase(small).digest, expected);
        small.exec(`VACUUM INTO '${folder()}/copy.db'`);
        const copy = new Database(`${folder()}/copy.db`);
        assert.equal(digestDatabase(copy).digest, expected);
        for (const database of [small, big, copy]) database.close();
    });

    it("does not see Litestream's own tables", () => {
        const litestream =
            "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); INSERT INTO _litestream_seq VALUES (1, 7)";
        assert.deepEqual(digestOf(TABLE, litestream), digestOf(TABLE));
    });

    const schemas: [string, string][] = [
        ["an index", "CREATE INDEX i ON t (v)"],
        ["a view", "CREATE VIEW w AS SELECT v FROM t"],
        ["a trigger", "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END"],
        ["an empty table", "CREATE TABLE u (v)"],
        ["user_version", "PRAGMA user_version = 1"],
        ["application_id", "PRAGMA application_id = 1"],
    ];
    for (const [what, sql] of schemas) {
        it(`sees ${what} in the schema`, () => {
            assert.notEqual(digestOf(TABLE, sql).schemaHash, digestOf(TABLE).schemaHash);
            assert.notEqual(digestOf(TABLE, sql).digest, digestOf(TABLE).digest);
        });
    }

    it("sees a changed row in the index of a virtual table", () => {
        const search = "CREATE VIRTUAL TABLE s USING fts5 (body, content = '')";
        const one = digestOf(search, "INSERT INTO s (rowid, body) VALUES (1, 'a')").digest;
        assert.notEqual(one, digestOf(search, "INSERT INTO s (rowid, body) VALUES (1, 'b')").digest);
    });

    it("reads a table's own order though an index covers it", () => {
        const insert = "INSERT INTO t VALUES (3), (1), (2)";
        const withIndex = digestOf(TABLE, "CREATE INDEX i ON t (v)", insert).digest;
        const other = digestOf(TABLE, "CREATE INDEX i ON t (v)", "INSERT INTO t VALUES (1), (2), (3)").digest;
        assert.notEqual(withIndex, other);
    });
});

describe("RowWriter", () => {
    const value = fc.oneof(
        fc.constant(null),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double({ noNaN: true }),
        fc.string({ unit: "binary" }),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const rows = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

    function bytesOf(table: unknown[][]): string {
        const chunks: Buffer[] = [];
        const writer = new RowWriter((bytes) => chunks.push(Buffer.from(bytes)));
        for (const row of table) writer.row(row);
        writer.flush();
        return Buffer.concat(chunks).toString("hex");
    }

    it("writes the same bytes for two tables only when they are equal", () => {
        const same = (a: unknown, b: unknown) => {
            try {
                assert.deepStrictEqual(a, b);
                return true;
            } catch {
                return false;
            }
        };
        fc.assert(
            fc.property(rows, rows, (a, b) => {
                assert.equal(bytesOf(a) === bytesOf(b), same(a, b));
                assert.equal(bytesOf(a), bytesOf(structuredClone(a).map((row) => row.map(asBuffer))));
            }),
        );
    });

    it("keeps values that are longer than its buffer", () => {
        const long = "x".repeat(300_000);
        const blob = Buffer.alloc(600_000, 7);
        assert.equal(bytesOf([[long, blob, 1n]]).length / 2, 9 + 300_000 + 9 + 600_000 + 9 + 1);
        assert.notEqual(bytesOf([[`${long}a`]]), bytesOf([[`${long}b`]]));
    });
});

/** structuredClone turns a Buffer into a plain Uint8Array. */
function asBuffer(value: unknown): unknown {
    return value instanceof Uint8Array ? Buffer.from(value) : value;
}
