import assert from "node:assert/strict";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { diff } from "../../../local/plugins/provider/diff.ts";

const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
const { Kind } = messages.PropertyDiff;

describe("the diff of a resource", () => {
    it("is none for equal inputs, ignored ones and the engine's own", () => {
        const found = diff("id", { a: 1, b: 1, __defaults: [] }, { a: 1, b: 2, version: "3" }, ["b"], "all");
        assert.equal(found.getChanges(), DIFF_NONE);
        assert.deepEqual(found.getReplacesList(), []);
    });

    it("names each changed input, and which of them replace the resource", () => {
        const found = diff("id", { kept: 1, gone: 1, trigger: 1 }, { kept: 1, trigger: 2, added: 1 }, [], ["trigger"]);
        assert.equal(found.getChanges(), DIFF_SOME);
        assert.deepEqual(found.getReplacesList(), ["trigger"]);
        const kinds = found.getDetaileddiffMap().toArray() as unknown as [string, unknown][];
        assert.deepEqual(kinds.map(([key]) => key).sort(), ["added", "gone", "trigger"]);
        assert.equal(found.getDetaileddiffMap().get("trigger")?.getKind(), Kind.UPDATE_REPLACE);
        assert.equal(found.getDetaileddiffMap().get("added")?.getKind(), Kind.ADD);
        assert.equal(found.getDetaileddiffMap().get("gone")?.getKind(), Kind.DELETE);
    });
});
