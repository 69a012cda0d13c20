import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { kindOf, plainProps, UNKNOWN } from "../../policy/resource.ts";
import { stackOf } from "../../policy/stack.ts";

/** What the SDK hands a rule: internal, and so without types (@pulumi/policy 1.21.0, proxy.js). */
const { unknownCheckingProxy, unknownStringValue } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
    unknownCheckingProxy: <T>(props: T) => T;
    unknownStringValue: string;
};

describe("a resource as a rule sees it", () => {
    it("has a kind without module path and deprecated suffix", () => {
        assert.equal(kindOf("aws:s3/bucket:Bucket"), "aws.s3.Bucket");
        assert.equal(kindOf("aws:s3/bucketVersioningV2:BucketVersioningV2"), "aws.s3.BucketVersioning");
        assert.equal(kindOf("aws:s3/bucketObjectv2:BucketObjectv2"), "aws.s3.BucketObjectv2");
        assert.equal(kindOf("command:remote:Command"), "command.remote.Command");
        assert.equal(kindOf("pulumi:pulumi:Stack"), "pulumi.pulumi.Stack");
    });

    it("shows what is known beside what a preview cannot know, at any depth", () => {
        const props = { acl: "private", ids: ["a", unknownStringValue], rule: { from: 22, to: unknownStringValue } };
        assert.deepEqual(plainProps(unknownCheckingProxy(props)), {
            acl: "private",
            ids: ["a", UNKNOWN],
            rule: { from: 22, to: UNKNOWN },
        });
    });
});

describe("a stack as a rule sees it", () => {
    it("is no drill unless it says so", () => {
        assert.equal(stackOf("x", {}).drill, false);
        assert.equal(stackOf("x", { "slotkeeper:drill": "yes" }).drill, false);
        assert.equal(stackOf("x", { "other:drill": "true" }).drill, false);
        assert.equal(stackOf("x", { "slotkeeper:drill": "true" }).drill, true);
    });

    it("has no backend where its storage cannot be read: the program itself complains", () => {
        assert.equal(stackOf("x", { "slotkeeper:storage": "{backend" }).backend, undefined);
        assert.equal(stackOf("x", { "slotkeeper:storage": '{"backend":"b2"}' }).backend, "b2");
    });
});
