import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

import { fleetSettingsSchema } from "../../../components/fleet-settings.ts";
import { fleetPassed } from "../../../scripts/fleet/result.ts";
import { verifyFleet } from "../../../scripts/fleet/verify-fleet.ts";
import { makeOddFleet } from "../../support/odd-fleet.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("verifyFleet", () => {
    const folder = useTemporaryFolder();
    const slots = ["fts5", "strict", "utf-16"];

    const verify = () => {
        const settings = fleetSettingsSchema.parse({
            stack: "test",
            role: "production",
            dataDir: folder(),
            replica: { endpoint: "http://127.0.0.1:9", region: "r", bucket: "none" },
            litestream: "/nowhere/litestream",
            digest: true,
        });
        return verifyFleet(settings, () => undefined);
    };

    it("passes a whole fleet, though the app left Litestream's folder of an inactive slot", async () => {
        makeOddFleet(folder(), { only: slots });
        writeFileSync(join(folder(), "slots", ".gone.db-litestream"), "");
        const result = await verify();
        assert.equal(fleetPassed(result), true);
        assert.deepEqual(result.databases.map(({ id }) => id).sort(), ["fts5", "global", "strict", "utf-16"]);
        assert.ok(result.databases.every(({ digest, txid }) => digest !== null && txid === null));
    });

    it("names a slot that is not here, one that is damaged, and a file that is no slot", async () => {
        makeOddFleet(folder(), { only: slots });
        rmSync(join(folder(), "slots", "strict.db"));
        writeFileSync(join(folder(), "slots", "fts5.db"), "no database ".repeat(500));
        writeFileSync(join(folder(), "slots", "stranger.db"), "");
        const result = await verify();
        assert.equal(fleetPassed(result), false);
        const problems = Object.fromEntries(result.databases.map(({ id, problem }) => [id, problem?.message ?? null]));
        assert.equal(problems["global"], null);
        assert.equal(problems["utf-16"], null);
        assert.match(problems["strict"] ?? "", /does not exist/);
        assert.match(problems["fts5"] ?? "", /not a database/);
        assert.deepEqual(result.unexpected, ["stranger.db"]);
    });

    it("takes a slot for gone, not for missing, when the app deactivates it meanwhile", async () => {
        makeOddFleet(folder(), { only: slots });
        rmSync(join(folder(), "slots", "strict.db"));
        setTimeout(() => {
            const global = new Database(join(folder(), "global.db"));
            global.exec("UPDATE slots SET active = 0 WHERE id = 'strict'");
            global.close();
        }, 300);
        const result = await verify();
        assert.equal(fleetPassed(result), true);
        assert.deepEqual(result.catalog.active, ["fts5", "utf-16"]);
    });
});
