import assert from "node:assert/strict";
import fc from "fast-check";
import { costSchema } from "../../../components/config/cost.ts";
import { advise, type Change } from "../../../components/cost/advice.ts";
import { type CostInput, estimate } from "../../../components/cost/estimate.ts";
import { warningOn } from "../../../components/cost/words.ts";
import { intervalsFor } from "../../../components/render/litestream-yml.ts";
import { costInputs } from "./arbitrary.ts";

const aws: CostInput = {
    backend: "aws",
    region: "us-east-1",
    rpoSeconds: 15,
    keepDeletedDays: 7,
    cost: costSchema.parse({}),
};
const usdOf = (input: CostInput) => estimate(input).monthlyUsd;

/** Turns the knob as a person would who reads the advice. */
function turned(input: CostInput, { knob, to }: Change): CostInput {
    if (knob === "rpoSeconds") return { ...input, rpoSeconds: Number(to) };
    if (knob === "storage.keepDeletedDays") return { ...input, keepDeletedDays: Number(to) };
    if (knob === "storage.lifecycle") return { ...input, lifecycle: true };
    if (knob === "storage.backend") {
        assert.equal(to, "b2");
        return { ...input, backend: "b2", lifecycle: true, cost: { ...input.cost, prices: undefined } };
    }
    const [daily = 0, weekly = 0, monthly = 0] = [...to.matchAll(/\d+/g)].map(([digits]) => Number(digits));
    return { ...input, cost: { ...input.cost, snapshots: { daily, weekly, monthly } } };
}

describe("advice on the budget", () => {
    it("is silent within it", () => {
        const advice = advise({ ...aws, backend: "b2" });
        assert.deepEqual(advice, { enough: [], together: [], keepsBudget: true });
        assert.deepEqual(warningOn(estimate({ ...aws, backend: "b2" }), advice), []);
    });

    it("gives figures that are those of the stack so changed, and under the budget where it says so", () => {
        fc.assert(
            fc.property(costInputs, (input) => {
                const { enough, together, keepsBudget } = advise(input);
                const { budgetUsd } = input.cost;
                for (const change of enough) {
                    assert.equal(usdOf(turned(input, change)), change.monthlyUsd);
                    assert.ok(change.monthlyUsd <= budgetUsd);
                }
                let at = input;
                for (const change of together) {
                    const before = usdOf(at);
                    at = turned(at, change);
                    assert.equal(usdOf(at), change.monthlyUsd);
                    assert.ok(change.monthlyUsd < before, "a setting that does not help is not named");
                }
                if (keepsBudget && enough.length === 0) assert.ok(usdOf(at) <= budgetUsd);
                if (!keepsBudget) assert.ok(enough.length === 0 && usdOf(at) > budgetUsd);
                if (usdOf(input) > budgetUsd) assert.ok(warningOn(estimate(input), advise(input)).length > 1);
            }),
            { numRuns: 25 },
        );
    });

    it("names the RPO with the least that is given up", () => {
        const input = { ...aws, cost: { ...aws.cost, budgetUsd: 20 } };
        const change = advise(input).enough.find(({ knob }) => knob === "rpoSeconds");
        assert.ok(change);
        assert.ok(usdOf({ ...input, rpoSeconds: Number(change.to) - 1 }) > 20, "one second less is over the budget");
        assert.match(warningOn(estimate(input), advise(input)).join("\n"), new RegExp(`slotkeeper:rpoSeconds: 15 → ${change.to} gives \\$`)); // prettier-ignore
    });

    it("never names a setting that changes nothing: at B2 requests are free, and the interval has its longest", () => {
        assert.deepEqual(intervalsFor(90), intervalsFor(3600));
        const b2 = { ...aws, backend: "b2" as const, cost: { ...aws.cost, slotMb: 400 } };
        const { enough, together } = advise(b2);
        assert.ok(enough.length + together.length > 0);
        assert.ok(![...enough, ...together].some(({ knob }) => knob === "rpoSeconds" || knob === "storage.backend"));
    });

    it("says so where nothing is enough, with the best that can be had", () => {
        const huge = { ...aws, cost: { ...aws.cost, slotMb: 5000, budgetUsd: 1 } };
        const advice = advise(huge);
        assert.equal(advice.keepsBudget, false);
        assert.match(
            warningOn(estimate(huge), advice).join("\n"),
            /Nothing known here brings it under; the most that helps:/,
        );
    });
});
