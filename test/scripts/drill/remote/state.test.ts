import assert from "node:assert/strict";
import {
    expiryIn,
    isEmpty,
    namesIn,
    objections,
    pendingIn,
    stateSchema,
    urnOf,
} from "../../../../scripts/drill/remote/state.ts";

const urn = (type: string, name: string) => `urn:pulumi:staging::slotkeeper::${type}::${name}`;
const resource = (type: string, name: string, more: object = {}) => ({
    urn: urn(type, name),
    type,
    custom: !type.startsWith("slotkeeper:") && type !== "pulumi:pulumi:Stack",
    ...more,
});
const root = (outputs: object = {}) => resource("pulumi:pulumi:Stack", "slotkeeper-staging", { outputs });
const state = (resources: object[], pending?: object[]) =>
    stateSchema.parse({ deployment: { resources, pending_operations: pending } });

describe("the state of a staging stack", () => {
    const time = resource("command:local:Command", "expiry-time", {
        outputs: { stdout: "2026-11-07T11:00:00.000Z\n" },
    });

    it("says when it expires, also where no update came to its end", () => {
        assert.equal(expiryIn(state([root(), time])), Date.parse("2026-11-07T11:00:00Z"));
        assert.equal(expiryIn(state([root()])), null);
        assert.equal(expiryIn(state([{ ...time, outputs: { stdout: "soon" } }])), null);
    });

    it("is empty without resources, but not while something half-made is in it", () => {
        assert.equal(isEmpty(stateSchema.parse({})), true);
        assert.equal(isEmpty(state([root()])), true);
        assert.equal(isEmpty(state([root(), time])), false);
        const making = { type: "creating", resource: resource("aws:ec2/instance:Instance", "server-machine") };
        const half = state([root()], [making]);
        assert.equal(isEmpty(half), false);
        assert.deepEqual(pendingIn(half), [{ name: "server-machine", type: "aws:ec2/instance:Instance" }]);
    });

    it("names what it consists of, and finds a resource by its name", () => {
        const made = state([root(), resource("slotkeeper:index:Server", "server"), time]);
        assert.deepEqual(namesIn(made), ["server", "expiry-time"]);
        assert.equal(urnOf(made, "expiry-time"), time.urn);
        assert.equal(urnOf(made, "server"), null);
    });

    it("may be destroyed when it holds a staging server and nothing else", () => {
        const server = [
            resource("pulumi:pulumi:StackReference", "production"),
            resource("aws:ec2/instance:Instance", "server-machine"),
            resource("slotkeeper:index:Recovery", "recovery"),
        ];
        assert.deepEqual(objections(state([root({ role: "staging" }), time, ...server])), []);
        assert.deepEqual(objections(state([root(), time])), []);
    });

    for (const [what, resources] of Object.entries({
        "a protected resource": [root(), resource("command:local:Command", "x", { protect: true })],
        "a resource that is to be kept": [root(), resource("command:local:Command", "x", { retainOnDelete: true })],
        "a bucket": [root(), resource("aws:s3/bucket:Bucket", "storage-replicas")],
        "a key": [root(), resource("aws:iam/accessKey:AccessKey", "keys-writer-key")],
        "an encryption secret": [root(), resource("random:index/randomPassword:RandomPassword", "encryption-password")],
        "production's replication": [root(), resource("slotkeeper:index:Replication", "replication")],
        "production's role among its outputs": [root({ role: "production" })],
    }))
        it(`may not be destroyed with ${what} in it`, () => {
            assert.equal(objections(state(resources)).length, 1);
        });
});
