import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { drillDue } from "../../../scripts/ci/first-saturday.ts";
import { parseWorkflow } from "../../support/workflow-rules.ts";

const workflow = readFileSync(join(import.meta.dirname, "../../../.github/workflows/drill.yml"), "utf8");
const HOUR = 3_600_000;

/** The ticks of the workflow's cron lines (`0 FROM-TO * * DAY`) in the days around a month's beginning. */
function ticks(year: number, month: number): Date[] {
    const lines = (parseWorkflow(workflow).on["schedule"] as { cron: string }[]).map(({ cron }) => {
        const [, from, to, day] = /^0 (\d+)-(\d+) \* \* (\d)$/.exec(cron)?.map(Number) ?? assert.fail(cron);
        return { from: from ?? 0, to: to ?? 0, day };
    });
    const start = Date.UTC(year, month, -1);
    const hours = Array.from({ length: 10 * 24 }, (_, hour) => new Date(start + hour * HOUR));
    return hours.filter((at) =>
        lines.some(({ from, to, day }) => at.getUTCDay() === day && from <= at.getUTCHours() && at.getUTCHours() <= to),
    );
}

describe("the day of the monthly drill", () => {
    it("is the first Saturday of the month, from nine on", () => {
        assert.equal(drillDue(new Date("2026-12-05T08:59:59Z"), "UTC").due, false);
        assert.deepEqual(drillDue(new Date("2026-12-05T09:00:00Z"), "UTC"), {
            due: true,
            why: "2026-12-05 is the month's first Saturday (UTC)",
            day: "2026-12-05",
        });
        assert.equal(drillDue(new Date("2026-12-05T23:59:59Z"), "UTC").due, true, "a late tick");
        for (const day of ["2026-12-04", "2026-12-06", "2026-12-12", "2026-11-28"]) assert.equal(drillDue(new Date(`${day}T09:00:00Z`), "UTC").due, false, day); // prettier-ignore
    });

    it("follows summer time: nine in Berlin is seven in summer and eight in winter", () => {
        assert.equal(drillDue(new Date("2026-07-04T06:59:00Z"), "Europe/Berlin").due, false);
        assert.equal(drillDue(new Date("2026-07-04T07:00:00Z"), "Europe/Berlin").due, true);
        assert.equal(drillDue(new Date("2026-12-05T07:59:00Z"), "Europe/Berlin").due, false);
        assert.equal(drillDue(new Date("2026-12-05T08:00:00Z"), "Europe/Berlin").due, true);
    });

    it("counts days in the zone: the first of the month there may be the last here", () => {
        // Saturday, 1 August 2026, 09:00 on Kiritimati (UTC+14).
        assert.equal(drillDue(new Date("2026-07-31T19:00:00Z"), "Pacific/Kiritimati").due, true);
        assert.equal(drillDue(new Date("2026-07-31T19:00:00Z"), "UTC").due, false);
    });

    it("says so when there is no such zone", () => {
        assert.throws(() => drillDue(new Date(), "Europe/Atlantis"), RangeError);
    });

    it("comes in every month and every zone with a tick of the workflow, in the hour from nine to ten, and on one day", () => {
        const zones = [...Intl.supportedValuesOf("timeZone"), "UTC"];
        const month = fc.record({ year: fc.integer({ min: 2024, max: 2060 }), month: fc.nat(11) });
        fc.assert(
            fc.property(month, fc.constantFrom(...zones), ({ year, month }, zone) => {
                const due = ticks(year, month).filter((at) => drillDue(at, zone).due);
                const [first = assert.fail("no tick")] = due;
                const hour = new Intl.DateTimeFormat("en-US", { timeZone: zone, hour: "2-digit", hourCycle: "h23" });
                assert.equal(hour.format(first), "09");
                assert.equal(new Set(due.map((at) => drillDue(at, zone).day)).size, 1);
            }),
            { numRuns: 40 },
        );
    });
});
