import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ReportFolder } from "../../../scripts/drill/report-folder.ts";
import { renderHtml } from "../../../scripts/report/html.ts";
import { failedRecord } from "../../support/drill-record.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("the folder of a drill's report", () => {
    const folder = useTemporaryFolder();

    it("holds the record and all that is made from it once the drill has ended, failed or not", async () => {
        const report = new ReportFolder(join(folder(), "report"));
        await report.create("run");
        await report.finish(failedRecord());
        assert.deepEqual(readdirSync(report.path).sort(), [
            "drill.json",
            "junit.xml",
            "metrics.prom",
            "pulumi.log",
            "report.html",
            "summary.md",
        ]);
        assert.equal(readFileSync(join(report.path, "report.html"), "utf8"), renderHtml(failedRecord()));
    });
});
