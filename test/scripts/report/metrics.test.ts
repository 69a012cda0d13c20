import assert from "node:assert/strict";
import fc from "fast-check";
import { newRecord } from "../../../scripts/drill/record.ts";
import { renderMetrics } from "../../../scripts/report/metrics.ts";
import { failedRecord, hostileRecord, hostileTexts, passedRecord } from "../../support/drill-record.ts";

/** Reads the exposition format strictly: a line that is not of it, a doubled series or a metric without HELP and TYPE throws. */
function parse(text: string): Map<string, number> {
    const described = new Map<string, string[]>();
    const samples = new Map<string, number>();
    assert.ok(text.endsWith("\n"));
    for (const line of text.slice(0, -1).split("\n")) {
        const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
        if (comment !== null) {
            const [, keyword = "", name = "", rest = ""] = comment;
            if (keyword === "TYPE") assert.equal(rest, "gauge");
            described.set(name, [...(described.get(name) ?? []), keyword]);
            continue;
        }
        const sample = /^([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(
            line,
        );
        assert.ok(sample !== null, line);
        const [, name = "", labels = "", value] = sample;
        assert.deepEqual(described.get(name), ["HELP", "TYPE"], name);
        const unescaped = labels
            .replace(/stack="(?:[^"\\]|\\.)*",?/, "")
            .replaceAll(/\\(.)/g, (_, found: string) => (found === "n" ? "\n" : found));
        const series = `${name.replace("slotkeeper_drill_", "")} ${unescaped}`.trim();
        assert.ok(!samples.has(series), `${series} is there twice`);
        samples.set(series, Number(value));
    }
    return samples;
}

describe("the metrics of a drill", () => {
    it("tell verdict, time, RPO and RTO with their targets, counts and cost", () => {
        const samples = parse(renderMetrics(passedRecord(200)));
        const expected = {
            passed: 1,
            finished_timestamp_seconds: Date.parse("2026-11-07T09:01:20Z") / 1000,
            duration_seconds: 80,
            'rpo_seconds statistic="worst"': 4.011,
            rpo_target_seconds: 15,
            'rto_seconds statistic="fleet"': 23.532,
            'rto_seconds statistic="slot_worst"': 19.688,
            rto_target_seconds: 900,
            'databases status="restored"': 201,
            'databases status="failed"': 0,
            'checks check="integrity",status="passed"': 201,
            'checks check="integrity",status="failed"': 0,
            writes_lost: 145,
            'phase_seconds phase="recovery"': 23,
            backups_monthly_cost_usd: 1.25,
            backups_monthly_budget_usd: 10,
            destroyed: 1,
            leftovers: 0,
        };
        for (const [series, value] of Object.entries(expected)) assert.equal(samples.get(series), value, series);
    });

    it("tell a failed drill", () => {
        const samples = parse(renderMetrics(failedRecord()));
        assert.deepEqual(
            ["passed", 'databases status="failed"', 'databases status="lost-within-rpo"', "destroyed", "leftovers"].map(
                (series) => samples.get(series),
            ),
            [0, 3, 1, 0, 1],
        );
        assert.equal(samples.get('checks check="schema",status="inconclusive"'), 1);
        assert.equal(samples.get('checks check="canary",status="not-run"'), 1);
    });

    it("have no sample of what was not measured, rather than a 0", () => {
        const record = newRecord({ stack: "s", seed: 1, startedAt: new Date(0) });
        const samples = parse(renderMetrics(record));
        assert.equal(samples.get("passed"), 0);
        for (const absent of [
            "finished_timestamp_seconds",
            'rpo_seconds statistic="worst"',
            "writes_lost",
            "backups_monthly_cost_usd",
        ])
            assert.equal(samples.has(absent), false, absent);
    });

    it("stay readable whatever a stack or a check is called, and lose nothing of it", () => {
        const samples = parse(renderMetrics(hostileRecord()));
        for (const text of hostileTexts)
            assert.equal(samples.get(`checks check="${text.toWellFormed()}",status="inconclusive"`), 1, text);
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), (stack) => {
                assert.equal(parse(renderMetrics({ ...passedRecord(1), stack })).get("passed"), 1);
            }),
            { numRuns: 50 },
        );
    });

    it("have each phase once, also when one was run twice", () => {
        const record = passedRecord(1);
        record.phases.push(...record.phases.slice(0, 1));
        assert.equal(parse(renderMetrics(record)).get('phase_seconds phase="production"'), 32);
    });
});
