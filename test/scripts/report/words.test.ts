import assert from "node:assert/strict";
import { roundSeconds, seconds } from "../../../scripts/report/words.ts";

describe("a duration in words", () => {
    it("never says 60 seconds of a minute, nor 0", () => {
        assert.deepEqual([null, 0, 99.94, 99.96, 119.7, 125.4, 900].map(seconds), [
            "–",
            "0.0 s",
            "99.9 s",
            "1 min 40 s",
            "2 min",
            "2 min 5 s",
            "15 min",
        ]);
    });

    it("is short for a round target", () => {
        assert.deepEqual([15, 0.5, 900].map(roundSeconds), ["15 s", "0.5 s", "15 min"]);
    });
});
