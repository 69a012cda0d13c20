import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { DEFAULT_CATALOG_QUERY } from "../../../components/fleet-settings.ts";
import { readCatalog } from "../../../scripts/fleet/catalog.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("readCatalog", () => {
    const folder = useTemporaryFolder();

    function globalWith(sql: string): string {
        const path = join(folder(), "global.db");
        const database = new Database(path);
        database.pragma("journal_mode = WAL");
        database.exec(`CREATE TABLE slots (id, active); ${sql}`);
        database.close();
        return path;
    }

    const read = (path: string, query = DEFAULT_CATALOG_QUERY) => readCatalog(path, query, "alone");

    it("lists the active slots and names each one it refuses", () => {
        const path = globalWith(`INSERT INTO slots VALUES ('a', 1), ('../x', 1), ('-rf', 1), ('b', 0), ('c', 1)`);
        const { active, refused, problem } = read(path);
        assert.deepEqual(active, ["a", "c"]);
        assert.deepEqual(refused.map(({ id }) => id).sort(), ["-rf", "../x"]);
        assert.equal(problem, null);
    });

    it("refuses ids that are not text, by row", () => {
        const { active, refused } = read(
            globalWith("INSERT INTO slots VALUES ('a', 1), (42, 1), (NULL, 1), (x'61', 1)"),
        );
        assert.deepEqual(active, ["a"]);
        assert.deepEqual(
            refused.map(({ id }) => id),
            ["(row 2)", "(row 3)", "(row 4)"],
        );
        assert.match(refused.map(({ reason }) => reason).join("; "), /a number.*; .*NULL.*; .*a blob/);
    });

    it("names an empty catalog", () => {
        assert.match(read(globalWith("")).problem?.message ?? "", /no active slot/);
    });

    it("names a query that fails, and shows the query", () => {
        const { problem } = read(globalWith(""), "SELECT id FROM tenants");
        assert.match(problem?.message ?? "", /no such table: tenants/);
        assert.match(problem?.hint ?? "", /SELECT id FROM tenants/);
    });

    it("runs nothing that writes", () => {
        const path = globalWith("INSERT INTO slots VALUES ('a', 1)");
        assert.match(read(path, "DELETE FROM slots RETURNING id").problem?.message ?? "", /not a SELECT/);
        assert.deepEqual(read(path).active, ["a"]);
    });

    it("names a file that is no database", () => {
        const path = join(folder(), "global.db");
        writeFileSync(path, "this is not a database, and it is longer than a header of one hundred bytes".repeat(4));
        assert.match(read(path).problem?.message ?? "", /not a database/);
    });

    it("leaves no file beside the database", () => {
        read(globalWith("INSERT INTO slots VALUES ('a', 1)"));
        assert.deepEqual(readdirSync(folder()), ["global.db"]);
    });
});
