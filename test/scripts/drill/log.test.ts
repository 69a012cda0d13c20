import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../../scripts/drill/log.ts";

describe("the log of a drill", () => {
    it("holds what was written", async () => {
        const folder = mkdtempSync(join(tmpdir(), "slotkeeper-log-"));
        const log = openLog(folder, "pulumi.log");
        log.write("one\n");
        await log.close();
        assert.equal(readFileSync(join(folder, "pulumi.log"), "utf8"), "one\n");
        rmSync(folder, { recursive: true });
    });

    it("ends nothing when the disk is full", async function () {
        if (!existsSync("/dev/full")) this.skip();
        const log = openLog("/dev", "full");
        log.write("one\n");
        await new Promise((done) => setTimeout(done, 50));
        log.write("two\n");
        await log.close();
    });
});
