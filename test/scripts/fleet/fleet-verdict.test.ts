import assert from "node:assert/strict";
import { fleetVerdict, verdictText } from "../../../scripts/fleet/fleet-verdict.ts";
import { blankResult } from "../../../scripts/fleet/restore.ts";
import type { DatabaseResult, FleetResult } from "../../../scripts/fleet/result.ts";

const database = (id: string, changes: Partial<DatabaseResult> = {}): DatabaseResult => ({
    ...blankResult({ id, kind: id === "global" ? "global" : "slot" }, 0),
    status: "restored",
    bytes: 100,
    ...changes,
});
const result = (changes: Partial<FleetResult> = {}): FleetResult => ({
    version: 1,
    startedAt: 1000,
    finishedAt: 5000,
    complete: true,
    catalog: { active: ["a", "b"], refused: [], problem: null },
    databases: [database("global"), database("a"), database("b")],
    unexpected: [],
    ...changes,
});
const broken = (id: string, changes: Partial<DatabaseResult>) =>
    result({ databases: result().databases.map((one) => (one.id === id ? { ...one, ...changes } : one)) });
const names = (recovery: FleetResult | null, now = result()) =>
    fleetVerdict(recovery, now).failed.map(({ database: id, check }) => `${id} ${check}`);

describe("the verdict on a staging server", () => {
    it("is passed when everything is back and sound, with counts and no name", () => {
        assert.deepEqual(fleetVerdict(result(), result()), {
            verdict: "passed",
            databases: 3,
            restored: 3,
            bytes: 300,
            recoverySeconds: 4,
            failed: [],
            more: 0,
        });
    });

    it("names each database with the check that it failed, in the recovery or since", () => {
        const failure = { status: "failed", problem: { message: "no replica", hint: "" } } as const;
        assert.deepEqual(names(broken("a", failure), broken("a", failure)), ["a coverage"]);
        assert.deepEqual(names(broken("b", { ...failure, integrity: ["row 3 missing"] })), ["b integrity"]);
        assert.deepEqual(names(result(), broken("b", { ...failure, foreignKeyViolations: 2 })), ["b foreign-keys"]);
        assert.deepEqual(names(broken("a", { probeErrors: { canary: "no such table" } })), ["a probes"]);
        assert.deepEqual(names(result({ unexpected: ["stray.db"] })), ["stray.db coverage"]);
        assert.deepEqual(names(result({ catalog: { active: ["a"], refused: [{ id: "../x", reason: "a path" }], problem: null } })), ["../x coverage"]); // prettier-ignore
    });

    it("fails without a result, with one that was cut off, without a catalog, and without a slot", () => {
        assert.deepEqual(names(null), ["fleet coverage"]);
        assert.deepEqual(names(result({ complete: false })), ["fleet coverage"]);
        const problem = { message: "the catalog names no active slot", hint: "" };
        const empty = result({ catalog: { active: [], refused: [], problem }, databases: [database("global")] });
        assert.deepEqual(names(empty, empty), ["global catalog", "fleet coverage"]);
    });

    it("stays small, however much is wrong", () => {
        const databases = Array.from({ length: 300 }, (_, index) =>
            database(`s${index}`, { status: "failed", problem: { message: "x".repeat(5000), hint: "" } }),
        );
        const verdict = fleetVerdict(result({ databases }), result({ databases }));
        assert.equal(verdict.failed.length, 20);
        assert.equal(verdict.failed.length + verdict.more, 301);
        assert.ok(verdictText(verdict).length < 6000);
        assert.match(verdictText(verdict), /and 281 more\n0 of 300 databases/);
    });
});
