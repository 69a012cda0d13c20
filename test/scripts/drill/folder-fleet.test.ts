import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { folderFleet } from "../../../scripts/drill/folder-fleet.ts";

describe("a drill's copy of a user's fleet", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-folder-fleet-"));
        for (const folder of ["fleet/slots", "scratch", "server"]) mkdirSync(join(world, folder), { recursive: true });
        const global = new Database(join(world, "fleet/global.db"));
        global.exec("CREATE TABLE slots (id TEXT, active INTEGER); INSERT INTO slots VALUES ('a', 1)");
        global.close();
        const slot = new Database(join(world, "fleet/slots/a.db"));
        slot.exec("CREATE TABLE t (x)");
        slot.close();
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    it("is put on a new server, and never over databases that were restored there", async () => {
        const { fleet } = await folderFleet({
            folder: join(world, "fleet"),
            catalogQuery: "SELECT id FROM slots WHERE active = 1",
            scratch: join(world, "scratch"),
            progress: () => undefined,
        });
        const argv = fleet.app.prepare ?? [];
        assert.equal(argv.at(-1), "/app/data");
        const [program, ...args] = [...argv.slice(0, -1), join(world, "server")];
        const prepare = () => execFileSync(program, args, { cwd: join(world, "scratch") });
        prepare();
        assert.ok(existsSync(join(world, "server/slots/a.db")));
        for (const file of ["global.db", "slots/a.db"]) writeFileSync(join(world, "server", file), "restored");
        prepare();
        for (const file of ["global.db", "slots/a.db"])
            assert.equal(readFileSync(join(world, "server", file), "utf8"), "restored");
    });
});
