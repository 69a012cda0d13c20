import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { StorageConfig } from "../../components/config/storage.ts";
import { type Registered, record } from "../support/recorder.ts";

const buckets = { keepDeletedDays: 7, replicaBucket: "acme-replicas", snapshotBucket: "acme-snapshots" };
const b2: StorageConfig = { backend: "b2", region: "us-west-004", ...buckets };
const onAws: StorageConfig = { backend: "aws", region: "eu-central-1", ...buckets };
const compatible: StorageConfig = {
    backend: "s3-compatible",
    endpoint: "https://s3.example.com",
    region: "us-east-1",
    lifecycle: false,
    ...buckets,
};
const snapshotLock = { days: 30, mode: "compliance" } as const;
const secrets = { "slotkeeper:storageAdminKeyId": "id", "slotkeeper:storageAdminSecret": "secret" };

interface Plan {
    readonly resources: readonly Registered[];
    /** Of each resource, by name. */
    readonly options: ReadonlyMap<string, pulumi.CustomResourceOptions>;
}

/** What the component makes for a storage, and the options of each child. */
async function build(
    storage: StorageConfig,
    disposable = false,
    config: Record<string, string> = secrets,
): Promise<Plan> {
    const options = new Map<string, pulumi.CustomResourceOptions>();
    const resources = await record(config, async () => {
        const { Buckets } = await import("../../components/buckets.ts");
        const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
            options.set(name, opts);
            return undefined;
        };
        const made = new Buckets("storage", { storage, disposable }, { transformations: [remember] });
        await new Promise((done) => made.location.apply(done));
    });
    return { resources, options };
}

/** The short names of all resources of the aws package, sorted, each as often as it is made. */
const types = ({ resources }: Plan) =>
    resources
        .map(({ type }) => type)
        .filter((type) => type.startsWith("aws:"))
        .map((type) => type.split(":").at(-1) ?? "")
        .sort();
const typed = ({ resources }: Plan, name: string) => resources.filter(({ type }) => type.endsWith(`:${name}`));
const inputsOf = (plan: Plan, name: string) => typed(plan, name).map(({ inputs }) => inputs);
const twice = (names: readonly string[]) => names.flatMap((name) => [name, name]).sort();

const backends: [string, StorageConfig][] = [
    ["B2", { ...b2, snapshotLock }],
    ["AWS", { ...onAws, snapshotLock }],
    ["another store", { ...compatible, lifecycle: true, accounts: { writer: "w", reader: "r" }, snapshotLock }],
];

describe("Buckets", () => {
    for (const [title, storage] of backends) {
        it(`protects and keeps production's on ${title}, with every setting, and never empties them`, async () => {
            const plan = await build(storage);
            assert.deepEqual(inputsOf(plan, "Bucket").map(({ bucket, forceDestroy }) => [bucket, forceDestroy]), [["acme-replicas", false], ["acme-snapshots", false]]); // prettier-ignore
            const made = plan.resources.filter(({ type }) => type.startsWith("aws:"));
            assert.ok(made.length >= 4);
            for (const { name } of made) {
                assert.equal(plan.options.get(name)?.protect, true, name);
                assert.equal(plan.options.get(name)?.retainOnDelete, true, name);
            }
        });

        it(`empties and removes a drill's on ${title}`, async () => {
            const plan = await build({ ...storage, snapshotLock: undefined }, true);
            assert.deepEqual(inputsOf(plan, "Bucket").map(({ forceDestroy }) => forceDestroy), [true, true]); // prettier-ignore
            for (const [name, options] of plan.options) {
                if (name === "storage") continue;
                assert.notEqual(options.protect, true, name);
                assert.notEqual(options.retainOnDelete, true, name);
            }
        });

        it(`locks the snapshot bucket alone on ${title}: Litestream must be able to remove what it has merged`, async () => {
            const plan = await build(storage);
            assert.deepEqual(inputsOf(plan, "Bucket").map((inputs) => inputs["objectLockEnabled"]), [undefined, true]); // prettier-ignore
            const [lock, ...more] = inputsOf(plan, "BucketObjectLockConfiguration");
            assert.deepEqual(more, []);
            assert.deepEqual([lock?.["bucket"], lock?.["rule"]], ["acme-snapshots", { defaultRetention: { mode: "COMPLIANCE", days: 30 } }]); // prettier-ignore
            assert.equal(typed(await build({ ...storage, snapshotLock: undefined }), "BucketObjectLockConfiguration").length, 0); // prettier-ignore
        });

        it(`names the provider and no tag with each resource on ${title}`, async () => {
            const plan = await build(storage);
            const [provider, ...more] = plan.resources.filter(({ type }) => type === "pulumi:providers:aws");
            assert.deepEqual(more, []);
            assert.ok(!("defaultTags" in (provider?.inputs ?? {})));
            for (const { name, type, inputs } of plan.resources) {
                if (!type.startsWith("aws:")) continue;
                assert.notEqual(plan.options.get(name)?.provider, undefined, name);
                assert.ok(!("tags" in inputs), `${name}: tags are read through S3 Control, which only AWS has`);
            }
        });
    }

    it("makes on B2 nothing that B2 does not have", async () => {
        const plan = await build(b2);
        assert.deepEqual(types(plan), twice(["Bucket", "BucketServerSideEncryptionConfiguration"]));
        for (const inputs of inputsOf(plan, "Bucket"))
            assert.deepEqual(Object.keys(inputs).filter((key) => !key.startsWith("__")).sort(), ["bucket", "forceDestroy", "lifecycleRules"]); // prettier-ignore
    });

    it("forgets what was deleted on B2 by the one kind of rule that it takes, without an id that B2 may change", async () => {
        for (const { lifecycleRules } of inputsOf(await build({ ...b2, keepDeletedDays: 21 }), "Bucket"))
            assert.deepEqual(lifecycleRules, [
                { enabled: true, noncurrentVersionExpiration: { days: 21 }, abortIncompleteMultipartUploadDays: 7 },
            ]);
    });

    it("encrypts B2's and AWS's buckets with the store's own key", async () => {
        for (const storage of [b2, onAws])
            for (const { rules } of inputsOf(await build(storage), "BucketServerSideEncryptionConfiguration"))
                assert.deepEqual(rules, [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
    });

    it("asks of B2 and of other stores nothing but S3 at their endpoint, with the provisioner's key", async () => {
        for (const [storage, endpoint] of [
            [b2, "https://s3.us-west-004.backblazeb2.com"],
            [compatible, "https://s3.example.com"],
        ] as const) {
            const [provider] = typed(await build(storage), "aws").map(({ inputs }) => inputs);
            assert.equal(provider?.["endpoints"], JSON.stringify([{ s3: endpoint }]));
            for (const skip of [
                "skipCredentialsValidation",
                "skipMetadataApiCheck",
                "skipRegionValidation",
                "skipRequestingAccountId",
            ])
                // prettier-ignore
                assert.equal(provider[skip], "true", skip);
            assert.deepEqual([provider["s3UsePathStyle"], provider["region"]], ["true", storage.region]);
        }
    });

    it("makes all that AWS has: versions, lifecycle, encryption, no public access, TLS only", async () => {
        const plan = await build(onAws);
        const settings = ["BucketVersioning", "BucketLifecycleConfiguration", "BucketServerSideEncryptionConfiguration", "BucketPublicAccessBlock", "BucketOwnershipControls", "BucketPolicy"]; // prettier-ignore
        assert.deepEqual(types(plan), twice(["Bucket", ...settings]));
        for (const inputs of inputsOf(plan, "BucketPublicAccessBlock"))
            for (const what of ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"])
                assert.equal(inputs[what], true, what);
        for (const { policy } of inputsOf(plan, "BucketPolicy")) assert.match(String(policy), /"Deny".*aws:SecureTransport":"false"/); // prettier-ignore
        for (const inputs of inputsOf(plan, "Bucket")) assert.ok(!("lifecycleRules" in inputs));
        const [rule] = inputsOf(plan, "BucketLifecycleConfiguration").map(({ rules }) => (rules as object[])[0]);
        assert.deepEqual(rule, {
            id: "forget-deleted",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: 7 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        });
    });

    it("goes to AWS itself, with the environment's key where the stack has none", async () => {
        const [provider] = typed(await build(onAws, false, {}), "aws").map(({ inputs }) => inputs);
        assert.equal(provider?.["region"], "eu-central-1");
        for (const key of ["endpoints", "accessKey", "secretKey", "s3UsePathStyle"]) assert.ok(!(key in provider), key);
    });

    it("makes on another store versions alone, unless it is said to have more", async () => {
        assert.deepEqual(types(await build(compatible)), twice(["Bucket", "BucketVersioning"]));
        for (const inputs of inputsOf(await build(compatible), "Bucket")) assert.ok(!("lifecycleRules" in inputs));
    });

    it("gives another store the lifecycle rule where it takes one, inline as for B2", async () => {
        const plan = await build({ ...compatible, lifecycle: true });
        assert.deepEqual(types(plan), twice(["Bucket", "BucketVersioning"]));
        for (const { lifecycleRules } of inputsOf(plan, "Bucket")) assert.equal((lifecycleRules as object[]).length, 1);
    });

    it("makes policies where the store knows accounts, by which nobody may destroy a version", async () => {
        const plan = await build({ ...compatible, accounts: { writer: "w", reader: "r" } });
        assert.deepEqual(types(plan), twice(["Bucket", "BucketPolicy", "BucketVersioning"]));
        for (const { policy } of inputsOf(plan, "BucketPolicy"))
            assert.ok(!/DeleteObjectVersion|s3:\*|"\*"/.test(String(policy)));
    });
});
