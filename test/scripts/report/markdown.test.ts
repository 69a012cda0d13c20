import assert from "node:assert/strict";
import { renderMarkdown } from "../../../scripts/report/markdown.ts";
import { hostileRecord, passedRecord } from "../../support/drill-record.ts";

describe("the summary in Markdown", () => {
    it("lets no text of a database become markup or another line", () => {
        const text = renderMarkdown(hostileRecord());
        assert.equal(/(?<!\\)<[a-z!/]/i.exec(text)?.[0], undefined);
        for (const line of text.split("\n")) {
            assert.doesNotMatch(line, /^slotkeeper_drill/);
            if (line.startsWith("|")) assert.ok(line.endsWith(" |"), line);
        }
    });

    it("has a line for each database", () => {
        const lines = renderMarkdown(passedRecord(20)).split("\n");
        assert.equal(lines.filter((line) => line.includes("| restored |")).length, 21);
    });
});
