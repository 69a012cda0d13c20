import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { recoveryResultPath, recoveryScript } from "../../components/render/recovery.ts";
import { makeOddFleet } from "../support/odd-fleet.ts";
import { type FleetWorld, openFleetWorld } from "../support/replicated-fleet.ts";

const program = join(import.meta.dirname, "../../scripts/slotkeeper.ts");

describe("the recovery of a server whose data volume outlived another", () => {
    let world: FleetWorld;

    beforeEach(async () => {
        world = await openFleetWorld();
        makeOddFleet(world.sourceDir, { only: ["strict", "fts5"] });
        await world.replicate();
    });
    afterEach(() => world.close());

    /** Runs production's script on a server whose data folder has this name. */
    function recover(folder: string) {
        const bin = join(world.dir, "bin");
        mkdirSync(bin, { recursive: true });
        const settings = join(world.dir, `${folder}.json`);
        writeFileSync(settings, JSON.stringify(world.settings(folder, { role: "production" })));
        writeFileSync(join(bin, "slotkeeper"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@" --settings '${settings}'\n`); // prettier-ignore
        chmodSync(join(bin, "slotkeeper"), 0o755);
        const script = recoveryScript(true, join(world.dir, folder)).replace(
            recoveryResultPath,
            join(world.dir, "result.json"),
        );
        const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
            encoding: "utf8",
            env: {
                PATH: `${bin}:${process.env["PATH"] ?? ""}`,
                LITESTREAM_ACCESS_KEY_ID: world.keys.accessKeyId,
                LITESTREAM_SECRET_ACCESS_KEY: world.keys.secretAccessKey,
            },
        });
        return { status, stdout, stderr };
    }
    const global = (folder: string) => join(world.dir, folder, "global.db");

    it("keeps databases that are as new as their replicas, untouched", () => {
        const before = [statSync(global("source")).ino, readFileSync(global("source"))];
        const { status, stdout, stderr } = recover("source");
        assert.equal(status, 0, stderr);
        assert.match(stdout, /3 databases may be replicated\nnothing restored: .* are kept/);
        assert.deepEqual([statSync(global("source")).ino, readFileSync(global("source"))], before);
        assert.ok(!existsSync(join(world.dir, "result.json")));
    });

    it("refuses those that are older, says which, and restores once they are moved aside as it says", async () => {
        cpSync(world.sourceDir, join(world.dir, "survived"), { recursive: true });
        const database = new Database(join(world.sourceDir, "slots/strict.db"));
        database.exec("CREATE TABLE written_after_the_copy (v)");
        database.close();
        await world.replicate();

        const refused = recover("survived");
        assert.equal(refused.status, 11);
        assert.match(
            refused.stderr,
            /strict: .*strict\.db is at transaction 0+\d, but its replica holds .* up to 0+\d/,
        );
        const remedy = /^ {2}(mkdir .*)$/m.exec(refused.stderr)?.[1] ?? "";
        assert.ok(!existsSync(join(world.dir, "survived/aside")), "nothing is moved by itself");

        assert.equal(spawnSync("sh", ["-c", remedy]).status, 0, remedy);
        const { status, stderr } = recover("survived");
        assert.equal(status, 0, stderr);
        const restored = new Database(join(world.dir, "survived/slots/strict.db"), { readonly: true });
        assert.equal(restored.prepare("SELECT count(*) AS n FROM written_after_the_copy").pluck().get(), 0);
        restored.close();
        assert.ok(existsSync(join(world.dir, "survived/aside/slots/strict.db")), "the older ones are kept");
        assert.equal(recover("survived").status, 0);
    });

    it("restores where there is nothing", () => {
        mkdirSync(join(world.dir, "fresh"));
        const { status, stderr } = recover("fresh");
        assert.equal(status, 0, stderr);
        assert.ok(existsSync(global("fresh")));
    });
});
