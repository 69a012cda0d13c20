import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planDrill } from "../../../scripts/drill/plan.ts";
import { requireSpace } from "../../../scripts/drill/space.ts";

describe("the space a drill needs", () => {
    it("is more than the disk has for a copied fleet of a sixth of it: it is there many times at once", async () => {
        const folder = mkdtempSync(join(tmpdir(), "slotkeeper-space-"));
        try {
            mkdirSync(join(folder, "slots"));
            for (const file of ["global.db", "slots/a.db"]) writeFileSync(join(folder, file), "");
            const plan = planDrill({ data: folder }, "/");
            const { bavail, bsize } = statfsSync(folder);
            // Sparse: it takes no space.
            truncateSync(join(folder, "slots/a.db"), Math.floor((bavail * bsize) / 6));
            await assert.rejects(requireSpace(folder, plan), { name: "SlotkeeperError", kind: "usage" });
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
