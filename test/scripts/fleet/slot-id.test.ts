import assert from "node:assert/strict";
import { join, normalize } from "node:path";

import fc from "fast-check";

import { parseSlotId, slotIdRefusal, sortSlotIds } from "../../../scripts/fleet/slot-id.ts";

describe("slotIdRefusal", () => {
    const unsafe: [string, string, RegExp][] = [
        ["an empty id", "", /empty/],
        ["a path upwards", "../x", /path separator/],
        ["a backslash", "a\\b", /path separator/],
        ["spaces", "a b", /characters other than/],
        ["quotes", `a"b'`, /characters other than/],
        ["an option", "-rf", /option/],
        ["the folder itself", ".", /folder/],
        ["the folder above", "..", /folder/],
        ["a hidden file", ".x", /dot/],
        ["a NUL", "a\0b", /NUL/],
        ["a newline at the end", "a\n", /characters other than/],
        ["a letter that is not ASCII", "é", /characters other than/],
        ["129 characters", "a".repeat(129), /longer than 128/],
    ];
    for (const [what, id, reason] of unsafe) {
        it(`refuses ${what}`, () => {
            assert.match(slotIdRefusal(id) ?? "(accepted)", reason);
            assert.equal(parseSlotId(id), null);
        });
    }

    for (const id of ["a", "_x", "slot_3f2a", "Acme-42.eu", "0", "x".repeat(128), "a..b"]) {
        it(`accepts ${id.slice(0, 20)}`, () => {
            assert.equal(slotIdRefusal(id), null);
        });
    }

    it("accepts nothing that leaves its folder, splits an argument or is an option", () => {
        const anyId = fc.oneof(
            fc.string(),
            fc.string({ unit: "binary" }),
            fc.constantFrom("..", "a/../b", "-x", "$x", "%2e"),
        );
        fc.assert(
            fc.property(anyId, (id) => {
                if (parseSlotId(id) === null) return;
                const path = join("/data/slots", `${id}.db`);
                assert.equal(path, `/data/slots/${id}.db`);
                assert.equal(normalize(path), path);
                assert.equal(encodeURIComponent(id), id);
                assert.doesNotMatch(id, /^-|[\s'"$`*?\\/]/);
            }),
            { numRuns: 2000 },
        );
    });
});

describe("sortSlotIds", () => {
    it("puts every id in exactly one list, and no two active ids differ only in case", () => {
        const ids = fc.array(fc.oneof(fc.stringMatching(/^[aAbB]{1,2}$/), fc.string()));
        fc.assert(
            fc.property(ids, (list) => {
                const { active, refused } = sortSlotIds(list);
                assert.equal(active.length + refused.length, list.length);
                assert.equal(new Set(active.map((id) => id.toLowerCase())).size, active.length);
            }),
        );
    });

    it("names the twin of an id that differs only in case, and an id listed twice", () => {
        const { active, refused } = sortSlotIds(["Acme", "acme", "Acme"]);
        assert.deepEqual(active, ["Acme"]);
        assert.deepEqual(refused, [
            { id: "acme", reason: "it differs from Acme only in case" },
            { id: "Acme", reason: "the catalog lists it twice" },
        ]);
    });

    it("shows a refused id without anything that could move a terminal's cursor", () => {
        const [refusal] = sortSlotIds(["\u001b[2Jx\u202e"]).refused;
        assert.equal(refusal?.id, "\\u001b[2Jx\\u202e");
    });
});
