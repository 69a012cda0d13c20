import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoveryScript } from "../../../components/render/recovery.ts";

describe("the script that recovers a server", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-recovery-script-"));
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    /** What the script does where each command of `slotkeeper` ends as stated; a restore may leave a global database. */
    function run(ends: { restore?: number; check?: number; leaves?: boolean }, mayBeNew = true) {
        const leave = ends.leaves === true ? `touch ${join(world, "global.db")};` : "";
        writeFileSync(
            join(world, "slotkeeper"),
            `#!/bin/sh\necho "$*" >>${join(world, "calls")}\ncase $1 in\nrestore) ${leave} exit ${ends.restore ?? 99} ;;\n*) exit ${ends.check ?? 99} ;;\nesac\n`,
        );
        chmodSync(join(world, "slotkeeper"), 0o755);
        rmSync(join(world, "calls"), { force: true });
        const env = { ...process.env, PATH: `${world}:${process.env["PATH"] ?? ""}` };
        const { status, stdout, stderr } = spawnSync("sh", ["-c", recoveryScript(mayBeNew, world)], {
            env,
            encoding: "utf8",
        });
        return { status, stdout, stderr, calls: readFileSync(join(world, "calls"), "utf8").trim().split("\n") };
    }

    it("goes on without a slot that failed, and not without the global database", () => {
        assert.equal(run({ restore: 11 }).status, 11);
        assert.equal(run({ restore: 11, leaves: true }).status, 0);
    });

    it("passes every other end on", () => {
        for (const status of [0, 1, 2, 10, 12, 13]) {
            assert.equal(run({ restore: status, leaves: true }).status, status);
            rmSync(join(world, "global.db"));
        }
    });

    it("keeps databases that are here where the check says they may be replicated, and restores nothing", () => {
        writeFileSync(join(world, "global.db"), "");
        const { status, stdout, calls } = run({ check: 0 });
        assert.equal(status, 0);
        assert.match(stdout, /are kept/);
        assert.deepEqual(calls, ["replication check"]);
    });

    it("fails with what to do where they may not, and passes every other end of the check on", () => {
        writeFileSync(join(world, "global.db"), "");
        const refused = run({ check: 11 });
        assert.equal(refused.status, 11);
        assert.match(refused.stderr, /move them aside on the server.*\n {2}mkdir /);
        for (const status of [1, 2, 13]) assert.equal(run({ check: status }).status, status);
    });

    it("never keeps what is in staging's folder", () => {
        writeFileSync(join(world, "global.db"), "");
        assert.deepEqual(run({ restore: 2 }, false).calls, [`restore all --result /var/lib/slotkeeper/recovery.json`]);
    });
});
