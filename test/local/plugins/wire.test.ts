import assert from "node:assert/strict";
import fc from "fast-check";
import {
    asAsset,
    hasUnknown,
    isSame,
    type Json,
    revealed,
    secret,
    UNKNOWN,
} from "../../../local/plugins/provider/wire.ts";

const KIND = "4dabf18193072939515e22adb298388d";
const asset = (fields: Record<string, Json>): Json => ({ [KIND]: "c44067f5952c0a294b673a41bacd8c17", ...fields });
const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe("Pulumi's wire format", () => {
    it("hides a value once and reveals it at any depth", () => {
        fc.assert(
            fc.property(json, (value) => {
                assert.deepEqual(revealed(secret(value)), value);
                assert.deepEqual(secret(secret(value)), secret(value));
                assert.deepEqual(revealed({ list: [{ key: secret(value) }] }), { list: [{ key: value }] });
            }),
        );
    });

    it("compares values without regard to secrecy or the order of keys", () => {
        fc.assert(fc.property(json, (value) => isSame(secret(value), value)));
        assert.ok(isSame({ a: 1, b: [2] }, { b: [2], a: 1 }));
        assert.ok(!isSame([1, 2], [2, 1]));
        assert.ok(!isSame(secret("a"), secret("b")));
        assert.ok(!isSame(undefined, "a"));
    });

    it("compares assets by their content, not by their path", () => {
        assert.ok(isSame(asset({ path: "a", hash: "1" }), asset({ path: "b", hash: "1" })));
        assert.ok(!isSame(asset({ path: "a", hash: "1" }), asset({ path: "a", hash: "2" })));
    });

    it("finds an unknown at any depth", () => {
        assert.ok(hasUnknown({ a: [secret(UNKNOWN)] }));
        assert.ok(!hasUnknown({ a: [secret("known")] }));
    });

    it("reads files and texts, and nothing else, as assets", () => {
        assert.deepEqual(asAsset(asset({ path: "/a", hash: "1" })), {
            kind: "asset",
            path: "/a",
            text: undefined,
            hash: "1",
        });
        assert.deepEqual(asAsset(asset({ text: "", hash: "1" })), {
            kind: "asset",
            path: undefined,
            text: "",
            hash: "1",
        });
        assert.equal(asAsset({ path: "/a" }), undefined);
        assert.equal(asAsset("text"), undefined);
    });
});
