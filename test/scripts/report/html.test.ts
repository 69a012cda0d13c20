import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { newRecord } from "../../../scripts/drill/record.ts";
import { renderHtml } from "../../../scripts/report/html.ts";
import { failedRecord, hostileRecord, passedRecord } from "../../support/drill-record.ts";

/** The page's text as it is read, without style and markup. */
function read(page: string): string {
    return page
        .replace(/<style>.*?<\/style>/s, "")
        .replaceAll(/<[^>]*>/g, " ")
        .replaceAll(/\s+/g, " ");
}

describe("the report page", () => {
    it("begins with the verdict, what was done, and RPO, RTO and cost against their targets", () => {
        const text = read(renderHtml(passedRecord(200)));
        assert.match(
            text,
            /^ ?Passed: .* Passed Production was killed while it was written to.* 201 of 201 databases \([\d.]+ [MG]B\) restored/,
        );
        assert.match(text, /Data lost, worst 4\.0 s RPO target 15 s 145 of 1,484 acknowledged writes; median 1\.2 s/);
        assert.match(text, /Whole fleet back 23\.5 s RTO target 15 min .* Slot back, worst 19\.7 s/);
        assert.match(text, /Backups a month \$1\.25 budget \$10/);
        assert.match(text, /No slot was lost within the RPO\./);
        assert.doesNotMatch(text, /What to do|null|undefined|NaN|Infinity/);
    });

    it("says what to do, once for all databases with the same failure, and names each", () => {
        const page = renderHtml(failedRecord());
        const text = read(page);
        assert.match(text, /“full integrity check” failed for 2 databases What to do: Mend integrity\. Expected: ok/);
        assert.equal(text.split("Mend integrity.").length, 2);
        assert.match(text, /“schema as in production” is inconclusive for 1 database What to do: Mend schema\./);
        assert.match(text, /Not restored: 1 .* no replica/);
        assert.match(text, /Something of the drill is left on this machine Not removed: process 4711/);
        assert.match(text, /above RPO target 15 s/);
        assert.match(text, /1 slot was lost within the RPO/);
        assert.match(text, /not run .* your own databases have no canary/);
        assert.match(page, /<body class="failed">/);
    });

    it("has a row for each of 2,000 slots", () => {
        const page = renderHtml(passedRecord(2000));
        assert.equal(page.match(/<th scope="row" class="id">/g)?.length, 2001);
        assert.equal(page.match(/<circle /g)?.length, 2001);
    });

    it("is complete for a drill that ended before it made anything, and for one that has not ended", () => {
        const begun = newRecord({ stack: "s", seed: 1, startedAt: new Date(0) });
        assert.match(
            read(renderHtml(begun)),
            /Failed .* The drill has not ended Its record stops in the phase “setup”/,
        );
        const failed = { ...begun, finishedAt: new Date(9000).toISOString() };
        failed.failure = { kind: "remote", message: "no route\nto host", hint: "Look at the cable." };
        assert.match(
            read(renderHtml(failed)),
            /not carried to its end no route to host What to do: Look at the cable\./,
        );
        for (const record of [begun, failed])
            assert.doesNotMatch(read(renderHtml(record)), /null|undefined|NaN|Infinity/);
    });

    it("lets nothing of a database become markup", () => {
        const tags = (page: string) => new Set(page.match(/<[a-z][a-z0-9]*/g));
        const page = renderHtml(hostileRecord());
        assert.deepEqual(
            [...tags(page)].filter((tag) => !tags(renderHtml(failedRecord())).has(tag)),
            ["<pre"],
        );
        assert.equal(/<[^>]*\son\w+=/.exec(page)?.[0], undefined);
        assert.equal(/[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/.exec(page)?.[0], undefined);
        assert.match(page, /&lt;script&gt;document\.title = &quot;owned&quot;&lt;\/script&gt;/);
    });

    it("loads nothing, and allows exactly its own style sheet", () => {
        const page = renderHtml(passedRecord(1));
        const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? "";
        const hash = createHash("sha256").update(style).digest("base64");
        assert.match(page, /content="default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-/);
        assert.ok(page.includes(hash));
        assert.doesNotMatch(page, /<script|<link rel="stylesheet|@import|url\(|\ssrc=/);
        assert.deepEqual(page.match(/https?:\/\/[\w./-]+/g), ["http://www.w3.org/2000/svg"]);
    });
});
