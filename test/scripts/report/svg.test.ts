import assert from "node:assert/strict";
import fc from "fast-check";
import { linearTicks, logarithmic, roundUp } from "../../../scripts/report/page/svg.ts";

const positive = fc.double({ min: 1e-6, max: 1e13, noNaN: true });

describe("an axis", () => {
    it("has round steps, begins at 0 and stays within the plot", () => {
        fc.assert(
            fc.property(positive, fc.integer({ min: 1, max: 8 }), (top, most) => {
                const ticks = linearTicks(top, most, String);
                assert.equal(ticks[0]?.at, 0);
                assert.ok(ticks.length >= 1 && ticks.length <= most + 1, `${ticks.length} ticks`);
                assert.ok(ticks.every(({ at }) => at >= 0 && at <= 1 + 1e-9));
            }),
        );
        assert.deepEqual([0.3, 1, 1.01, 7, 21].map(roundUp), [0.5, 1, 2, 10, 50]);
    });

    it("places every value of a logarithmic one inside, also when all are equal", () => {
        fc.assert(
            fc.property(fc.array(positive, { minLength: 1 }), (values) => {
                const { place, ticks } = logarithmic(values, 4, String);
                for (const value of values) assert.ok(place(value) > 0 && place(value) < 1, String(value));
                assert.ok(ticks.every(({ at }) => at >= 0 && at <= 1));
            }),
        );
    });
});
