import assert from "node:assert/strict";
import fc from "fast-check";
import { randomText } from "../../../local/plugins/random/text.ts";

const least = fc.integer({ min: 0, max: 5 });
const rules = fc.record({ minLower: least, minUpper: least, minNumeric: least, minSpecial: least });

describe("a random text", () => {
    it("has its length and at least as many characters of each class as asked", () => {
        fc.assert(
            fc.property(rules, fc.integer({ min: 20, max: 64 }), (minimum, length) => {
                const text = randomText({ ...minimum, length });
                assert.equal(text.length, length);
                const count = (pattern: RegExp): number => text.replaceAll(pattern, "").length;
                assert.ok(count(/[^a-z]/g) >= minimum.minLower);
                assert.ok(count(/[^A-Z]/g) >= minimum.minUpper);
                assert.ok(count(/[^0-9]/g) >= minimum.minNumeric);
                assert.ok(count(/[a-zA-Z0-9]/g) >= minimum.minSpecial);
            }),
        );
    });

    it("uses no class that is switched off, and the special characters that are named", () => {
        for (let round = 0; round < 50; round++) {
            assert.match(randomText({ length: 30, special: false, upper: false }), /^[a-z0-9]{30}$/);
            assert.match(
                randomText({ length: 30, lower: false, upper: false, numeric: false, overrideSpecial: "_-" }),
                /^[_-]{30}$/,
            );
        }
    });

    it("does not begin with the classes that have a minimum", () => {
        const texts = Array.from({ length: 50 }, () => randomText({ length: 10, minSpecial: 1, special: true }));
        const places = new Set(texts.map((text) => text.search(/[^a-zA-Z0-9]/)));
        assert.ok(places.size > 2, `special characters are first seen at ${[...places].join(", ")}`);
    });
});
