import assert from "node:assert/strict";
import fc from "fast-check";
import { judge } from "../../components/drift.ts";
import type { Look } from "../../components/render/look.ts";

const looked = (applied: Record<string, readonly [generation: string, ...drifted: string[]]>): Look => ({
    kind: "looked",
    applied: Object.fromEntries(
        Object.entries(applied).map(([name, [generation, ...drifted]]) => [name, { generation, drifted }]),
    ),
});

describe("judge", () => {
    it("changes nothing where nothing has drifted, and remembers only what is not the first generation", () => {
        const { generations, drifted } = judge(looked({ a: ["0"], b: ["5f3a"] }), {}, true);
        assert.deepEqual(generations, { b: "5f3a" });
        assert.deepEqual(drifted, []);
    });

    it("gives what has drifted, and nothing else, another generation: the same each time it is asked", () => {
        const look = looked({ a: ["0", "/etc/a (content)"], b: ["5f3a"] });
        const { generations, drifted } = judge(look, { b: "5f3a" }, true);
        assert.deepEqual(Object.keys(generations), ["a", "b"]);
        assert.equal(generations["b"], "5f3a");
        assert.deepEqual(drifted, ["/etc/a (content)"]);
        assert.deepEqual(judge(look, {}, true).generations, generations);
    });

    it("never comes back to a generation when the same thing drifts again and again", () => {
        const seen = new Set(["0"]);
        let generation = "0";
        for (let round = 0; round < 50; round++) {
            generation = judge(looked({ a: [generation, "/etc/a (content)"] }), {}, true).generations["a"] ?? "0";
            assert.ok(!seen.has(generation));
            seen.add(generation);
        }
    });

    it("keeps what the stack remembers of a server that cannot be reached, and of none of it says that it drifted", () => {
        const memory = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }));
        fc.assert(
            fc.property(memory, fc.boolean(), (before, same) => {
                const { generations, drifted } = judge({ kind: "unreachable", why: "it is away" }, before, same);
                assert.deepEqual([generations, drifted], [before, []]);
            }),
        );
    });

    it("applies everything again on a server that has lost everything, and takes a new one for no such server", () => {
        const before = { a: "5f3a" };
        assert.deepEqual(judge({ kind: "fresh" }, before, false), { generations: before, drifted: [] });
        const lost = judge({ kind: "fresh" }, before, true);
        assert.notEqual(lost.generations["a"], "5f3a");
        assert.ok(lost.generations["*"] !== undefined);
        assert.equal(lost.drifted.length, 1);
    });

    it("applies everything again where the program on the server does not run, and says its words", () => {
        const { generations, drifted } = judge({ kind: "broken", why: "not found" }, {}, true);
        assert.deepEqual(Object.keys(generations), ["*"]);
        assert.deepEqual(drifted, ["the program itself (not found)"]);
    });
});
