import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type Registered, record } from "../support/recorder.ts";

const storage = {
    backend: "s3-compatible" as const,
    endpoint: "https://s3.example.com",
    region: "us-west-004",
    keepDeletedDays: 7,
    lifecycle: false,
    replicaBucket: "acme-replicas",
    snapshotBucket: "acme-snapshots",
};
const secrets = { "slotkeeper:storageAdminKeyId": "id", "slotkeeper:storageAdminSecret": "secret" };

/** What the component makes, and the options of each child. */
async function build(disposable: boolean, accounts?: { writer: string; reader: string }) {
    const options = new Map<string, pulumi.CustomResourceOptions>();
    const resources = await record(secrets, async () => {
        const { Buckets } = await import("../../components/buckets.ts");
        const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
            options.set(name, opts);
            return undefined;
        };
        const buckets = new Buckets(
            "storage",
            { storage: { ...storage, ...(accounts && { accounts }) }, disposable },
            { transformations: [remember] },
        );
        await new Promise((done) => buckets.location.apply(done));
    });
    return { resources, options };
}

const typed = (resources: readonly Registered[], type: string) =>
    resources.filter((resource) => resource.type === type);

describe("Buckets", () => {
    it("protects and keeps production's buckets, and never empties them", async () => {
        const { resources, options } = await build(false);
        const buckets = typed(resources, "aws:s3/bucket:Bucket");
        assert.deepEqual(buckets.map(({ inputs }) => [inputs["bucket"], inputs["forceDestroy"]]), [["acme-replicas", false], ["acme-snapshots", false]]); // prettier-ignore
        for (const { name } of buckets) {
            assert.equal(options.get(name)?.protect, true);
            assert.equal(options.get(name)?.retainOnDelete, true);
        }
    });

    it("empties and removes a drill's buckets", async () => {
        const { resources, options } = await build(true);
        const buckets = typed(resources, "aws:s3/bucket:Bucket");
        assert.equal(buckets.length, 2);
        for (const { name, inputs } of buckets) {
            assert.equal(inputs["forceDestroy"], true);
            assert.equal(options.get(name)?.protect, false);
        }
    });

    it("versions both buckets through a provider that asks nothing but the endpoint", async () => {
        const { resources } = await build(false);
        assert.equal(typed(resources, "aws:s3/bucketVersioning:BucketVersioning").length, 2);
        const [provider] = typed(resources, "pulumi:providers:aws");
        assert.equal(provider?.inputs["skipRequestingAccountId"], "true");
        assert.equal(provider.inputs["endpoints"], '[{"s3":"https://s3.example.com"}]');
        assert.ok(
            resources.every(({ inputs }) => !("tags" in inputs)),
            "tags would be read through S3 Control, which no other store has",
        );
    });

    it("makes policies only where the store knows accounts", async () => {
        assert.equal(typed((await build(false)).resources, "aws:s3/bucketPolicy:BucketPolicy").length, 0);
        const { resources } = await build(false, { writer: "w", reader: "r" });
        const policies = typed(resources, "aws:s3/bucketPolicy:BucketPolicy").map(({ inputs }) =>
            String(inputs["policy"]),
        );
        assert.equal(policies.length, 2);
        for (const policy of policies)
            assert.ok(!/DeleteObjectVersion|s3:\*|"\*"/.test(policy), "nobody may destroy a version");
    });
});
