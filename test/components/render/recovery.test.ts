import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

    /** The script's status where `slotkeeper restore all` ends with `status`. */
    function statusAfter(status: number): number | null {
        writeFileSync(join(world, "slotkeeper"), `#!/bin/sh\nexit ${status}\n`);
        chmodSync(join(world, "slotkeeper"), 0o755);
        const env = { ...process.env, PATH: `${world}:${process.env["PATH"] ?? ""}` };
        return spawnSync("sh", ["-c", recoveryScript(true, join(world, "global.db"))], { env }).status;
    }

    it("goes on without a slot that failed, and not without the global database", () => {
        assert.equal(statusAfter(11), 11);
        writeFileSync(join(world, "global.db"), "");
        assert.equal(statusAfter(11), 0);
    });

    it("passes every other end on", () => {
        writeFileSync(join(world, "global.db"), "");
        for (const status of [0, 1, 2, 10, 12, 13]) assert.equal(statusAfter(status), status);
    });
});
