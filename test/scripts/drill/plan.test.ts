import assert from "node:assert/strict";
import { planDrill } from "../../../scripts/drill/plan.ts";
import { SlotkeeperError } from "../../../scripts/errors.ts";

function refusal(options: Parameters<typeof planDrill>[0]): string {
    try {
        planDrill(options, "/home/founder");
    } catch (error) {
        assert.ok(error instanceof SlotkeeperError && error.kind === "usage" && error.hint !== undefined);
        return error.message;
    }
    return assert.fail("not refused");
}

describe("the plan of a drill", () => {
    it("is 200 slots of the sample app when nothing is said", () => {
        const plan = planDrill({}, "/home/founder");
        assert.deepEqual(plan.source, { kind: "sample", slots: 200 });
        assert.equal(plan.rpoSeconds, 15);
        assert.equal(plan.keep, false);
        assert.equal(plan.store, "s3-compatible");
    });

    it("takes folders from where the person stands", () => {
        const plan = planDrill({ data: "data", report: "../reports/mine" }, "/home/founder");
        assert.deepEqual(plan.source, { kind: "folder", path: "/home/founder/data" });
        assert.equal(plan.reportFolder, "/home/reports/mine");
    });

    it("chooses a seed of its own, which can be given again", () => {
        const { seed } = planDrill({}, "/");
        assert.ok(Number.isSafeInteger(seed));
        assert.equal(planDrill({ seed: String(seed) }, "/").seed, seed);
    });

    it("refuses numbers that are none, or out of range, with the value", () => {
        for (const slots of ["0", "-1", "2001", "many", "1e3", "1.5", ""])
            assert.ok(refusal({ slots }).includes(JSON.stringify(slots)));
        assert.match(refusal({ load: "1" }), /--load "1"/);
    });

    it("takes the name of a backend for its store, and refuses any other with the value", () => {
        assert.equal(planDrill({ store: "b2" }, "/").store, "b2");
        for (const store of ["aws", "B2", ""]) assert.ok(refusal({ store }).includes(JSON.stringify(store)));
    });

    it("refuses options that exclude each other", () => {
        assert.match(refusal({ data: "/d", slots: "3" }), /exclude/);
        assert.match(refusal({ catalogQuery: "SELECT 1" }), /without --data/);
    });
});
