import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import Database from "better-sqlite3";

import { digestDatabase } from "../../scripts/fleet/digest.ts";
import { restoreAll } from "../../scripts/fleet/restore-all.ts";
import type { FleetResult } from "../../scripts/fleet/result.ts";
import { fleetPassed, fleetResultSchema } from "../../scripts/fleet/result.ts";
import { makeOddFleet, oddSlots } from "../support/odd-fleet.ts";
import type { FleetWorld } from "../support/replicated-fleet.ts";
import { openFleetWorld } from "../support/replicated-fleet.ts";

describe("restoreAll, of odd databases", () => {
    let world: FleetWorld;
    let result: FleetResult;

    before(async () => {
        world = await openFleetWorld();
        makeOddFleet(world.sourceDir);
        await world.replicate();
        result = await restoreAll({
            settings: world.settings("restored"),
            keys: world.keys,
            resultPath: null,
            allowEmptyReplica: false,
            acceptGaps: false,
            progress: () => undefined,
        });
    });

    after(() => world.close());

    it("restores every active slot and the global database, and nothing else", async () => {
        assert.deepEqual(result.databases.map(({ id }) => id).sort(), ["global", ...oddSlots].sort());
        assert.deepEqual((await readdir(join(world.dir, "restored"))).sort(), [".restored.json", "global.db", "slots"]);
        const files = oddSlots.map((id) => `${id}.db`).sort();
        assert.deepEqual((await readdir(join(world.dir, "restored", "slots"))).sort(), files);
    });

    it("finds every one sound", () => {
        const bad = result.databases.filter(({ status, problem }) => status !== "restored" || problem !== null);
        assert.deepEqual(bad, []);
        assert.equal(fleetPassed(fleetResultSchema.parse(result)), true);
    });

    for (const id of ["global", ...oddSlots]) {
        it(`gives ${id} back row for row`, () => {
            const source = join(world.sourceDir, id === "global" ? "global.db" : `slots/${id}.db`);
            const database = new Database(source, { readonly: true });
            const expected = digestDatabase(database);
            database.close();
            const restored = result.databases.find((candidate) => candidate.id === id);
            assert.ok(restored !== undefined);
            assert.equal(restored.digest, expected.digest);
            assert.deepEqual(restored.tables, expected.tables);
        });
    }
});
