import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installScript } from "../../../components/render/install.ts";

describe("the script that installs a release", () => {
    it("leaves owner and mode of a data folder alone that is there already", () => {
        const world = mkdtempSync(join(tmpdir(), "slotkeeper-install-"));
        try {
            const dataDir = join(world, "data");
            mkdirSync(dataDir);
            chmodSync(dataDir, 0o775);
            const script = installScript({ archive: join(world, "x"), release: "r", user: "nobody", dataDir });
            // The part about the data folder alone: the others write to the host.
            const part = /^(for data in[^]*?^done|install -d -m 0750.*)$/m.exec(script)?.[0] ?? "";
            const asOurselves = part.replaceAll("-o 'nobody' -g 'nobody'", "");
            execFileSync("sh", ["-eu", "-c", asOurselves]);
            assert.equal(statSync(dataDir).mode & 0o777, 0o775);
            assert.equal(statSync(join(dataDir, "slots")).mode & 0o777, 0o750);
        } finally {
            rmSync(world, { recursive: true });
        }
    });
});
