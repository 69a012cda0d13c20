import assert from "node:assert/strict";
import fc from "fast-check";
import { Throttle } from "../../../local/b2/throttle.ts";

describe("B2's rate limit", () => {
    it("is none where none is set", () => {
        const throttle = new Throttle({});
        for (let n = 0; n < 10_000; n += 1) assert.equal(throttle.ask(0), null);
    });

    it("lets through a burst and then so many a second, never more", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 50 }),
                fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 300 }),
                (perSecond, gaps) => {
                    // prettier-ignore
                    const throttle = new Throttle({ perSecond });
                    let [now, passed] = [0, 0];
                    for (const gap of gaps) {
                        now += gap;
                        if (throttle.ask(now) === null) passed += 1;
                    }
                    assert.ok(passed <= perSecond + (now / 1000) * perSecond + 1e-6);
                    assert.equal(passed + throttle.refused, gaps.length);
                },
            ),
        );
    });

    it("takes again what waited", () => {
        const throttle = new Throttle({ perSecond: 2 });
        assert.deepEqual([0, 0, 0].map((now) => throttle.ask(now) === null), [true, true, false]); // prettier-ignore
        assert.equal(throttle.ask(500), null);
    });

    it("turns away the first requests, or one in so many, as it is told", () => {
        const first = new Throttle({ first: 2 });
        assert.deepEqual([1, 2, 3].map(() => first.ask(0) === null), [false, false, true]); // prettier-ignore
        const some = new Throttle({ oneIn: 3 });
        assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => some.ask(0) === null), [true, true, false, true, true, false]); // prettier-ignore
    });

    it("says only sometimes when to come back", () => {
        const throttle = new Throttle({ first: 4 });
        assert.deepEqual([1, 2, 3, 4].map(() => throttle.ask(0)?.retryAfterSeconds), [null, 1, null, 1]); // prettier-ignore
    });
});
