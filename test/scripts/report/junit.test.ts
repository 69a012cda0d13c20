import assert from "node:assert/strict";
import { newRecord, type DrillRecord } from "../../../scripts/drill/record.ts";
import { renderJunit } from "../../../scripts/report/junit.ts";
import { failedRecord, hostileRecord, hostileTexts, passedRecord } from "../../support/drill-record.ts";

/** The suites of a JUnit file, with the numbers it states and the cases it has. */
function suites(record: DrillRecord) {
    const xml = renderJunit(record);
    return [
        ...xml.matchAll(
            /<testsuite name="([^"]*)" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)".*?<\/testsuite>/gs,
        ),
    ].map(([text, name, ...stated]) => {
        const number = (tag: string) => text.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
        assert.deepEqual(stated.map(Number), ["testcase", "failure", "error", "skipped"].map(number), name);
        return { name, tests: stated.map(Number) };
    });
}

const isRed = (record: DrillRecord) => /<failure |<error /.test(renderJunit(record));

describe("the JUnit file", () => {
    it("has a suite for each kind of check, with a case for each database", () => {
        assert.deepEqual(suites(passedRecord(3)), [
            { name: "drill", tests: [3, 0, 0, 0] },
            { name: "coverage", tests: [4, 0, 0, 0] },
            { name: "integrity", tests: [4, 0, 0, 0] },
            { name: "schema", tests: [4, 0, 0, 0] },
        ]);
    });

    it("calls an inconclusive check an error and one that was not run skipped", () => {
        assert.deepEqual(suites(failedRecord(9)), [
            { name: "drill", tests: [3, 2, 0, 0] },
            { name: "coverage", tests: [10, 0, 0, 0] },
            { name: "integrity", tests: [12, 2, 0, 0] },
            { name: "schema", tests: [11, 0, 1, 0] },
            { name: "canary", tests: [1, 0, 0, 1] },
        ]);
        assert.match(
            renderJunit(failedRecord(9)),
            /<failure type="failed" message="integrity is not ok">expected: ok\nfound: integrity is not ok\nwhat to do: Mend integrity\.<\/failure>/,
        );
    });

    it("is red for a failed drill whatever failed, and green for a passed one", () => {
        const begun = newRecord({ stack: "s", seed: 1, startedAt: new Date(0) });
        const nothingRestored = { ...passedRecord(0), verdict: "failed" as const };
        assert.deepEqual([begun, nothingRestored, failedRecord()].map(isRed), [true, true, true]);
        const kept = passedRecord(2);
        kept.cleanup = { destroyed: false, kept: true, leftovers: [] };
        assert.deepEqual([passedRecord(2), kept].map(isRed), [false, false]);
    });

    it("states its totals", () => {
        assert.match(
            renderJunit(failedRecord(9)),
            /<testsuites name="slotkeeper drill [^"]*" tests="37" failures="4" errors="1" skipped="1" time="80\.000">/,
        );
    });

    it("stays one well-formed document whatever a slot is called", () => {
        const xml = renderJunit(hostileRecord());
        assert.equal(/[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/.exec(xml)?.[0], undefined);
        const body = xml.replace(/^<\?xml[^>]*\?>/, "");
        assert.equal(
            body.replaceAll(/<\/?(testsuites?|testcase|failure|error|skipped)( [a-z]+="[^<>"]*")*\/?>|[^<>]/g, ""),
            "",
        );
        assert.equal(/&(?!(amp|lt|gt|quot|#39);)/.exec(body)?.[0], undefined);
        assert.equal(xml.match(/<testcase classname="drill\.rows"/g)?.length, hostileTexts.length);
    });
});
