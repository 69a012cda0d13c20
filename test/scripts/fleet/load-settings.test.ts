import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { SlotkeeperError } from "../../../scripts/errors.ts";
import { loadFleetSettings, loadStoreKeys } from "../../../scripts/fleet/load-settings.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("loadFleetSettings", () => {
    const folder = useTemporaryFolder();
    const path = () => join(folder(), "fleet.json");
    const usage = (words: RegExp) => (error: unknown) => {
        assert.ok(error instanceof SlotkeeperError && error.kind === "usage");
        assert.match(error.message, words);
        return true;
    };

    it("says that the file is missing, is no JSON, or has a key it does not know", async () => {
        await assert.rejects(loadFleetSettings(path()), usage(/cannot read.*fleet\.json/));
        writeFileSync(path(), "{");
        await assert.rejects(loadFleetSettings(path()), usage(/is not JSON/));
        writeFileSync(path(), JSON.stringify({ stak: "prod" }));
        await assert.rejects(loadFleetSettings(path()), usage(/stak/));
    });
});

describe("loadStoreKeys", () => {
    const folder = useTemporaryFolder();
    const settingsPath = () => join(folder(), "fleet.json");
    const names = ["LITESTREAM_ACCESS_KEY_ID", "LITESTREAM_SECRET_ACCESS_KEY"] as const;
    const before = names.map((name) => process.env[name]);

    beforeEach(() => {
        for (const name of names) Reflect.deleteProperty(process.env, name);
    });

    after(() => {
        for (const [index, name] of names.entries()) {
            const value = before[index];
            if (value === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = value;
        }
    });

    it("takes them from store.env beside the settings", async () => {
        writeFileSync(join(folder(), "store.env"), "LITESTREAM_ACCESS_KEY_ID=id\nLITESTREAM_SECRET_ACCESS_KEY=a=b#c\n");
        const keys = await loadStoreKeys(settingsPath());
        assert.equal(keys.accessKeyId, "id");
        assert.match(keys.secretAccessKey, /^a=b/);
    });

    it("prefers the environment", async () => {
        process.env["LITESTREAM_ACCESS_KEY_ID"] = "other";
        process.env["LITESTREAM_SECRET_ACCESS_KEY"] = "secret";
        assert.deepEqual(await loadStoreKeys(settingsPath()), { accessKeyId: "other", secretAccessKey: "secret" });
    });

    it("says where it looked, and shows nothing of what it found", async () => {
        await assert.rejects(loadStoreKeys(settingsPath()), /cannot read the object store's keys.*store\.env/);
        writeFileSync(join(folder(), "store.env"), "LITESTREAM_SECRET_ACCESS_KEY=hush\n");
        await assert.rejects(loadStoreKeys(settingsPath()), (error) => {
            assert.ok(error instanceof SlotkeeperError);
            assert.match(error.message, /does not set LITESTREAM_ACCESS_KEY_ID/);
            assert.doesNotMatch(`${error.message}${error.hint ?? ""}`, /hush/);
            return true;
        });
    });
});
