import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { StorageConfig } from "../../components/config/storage.ts";
import type { StoreKey } from "../../components/outputs.ts";
import { b2KeyCommands } from "../../components/render/b2-keys.ts";
import { record } from "../support/recorder.ts";

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
const secrets = {
    "slotkeeper:storageAdminKeyId": "admin",
    "slotkeeper:storageAdminSecret": "admin-secret",
    "slotkeeper:serverKeyId": "server",
    "slotkeeper:serverSecret": "server-secret",
    "slotkeeper:recoveryKeyId": "recovery",
    "slotkeeper:recoverySecret": "recovery-secret",
};

/** What is made in a preview, in which no key is tried, and what the two keys are. */
async function build(storage: StorageConfig, disposable = false) {
    const found: { server?: StoreKey; recovery?: StoreKey; secret?: boolean[] } = {};
    const options = new Map<string, pulumi.CustomResourceOptions>();
    const resources = await record(
        secrets,
        async () => {
            const { Buckets } = await import("../../components/buckets.ts");
            const { Keys } = await import("../../components/keys.ts");
            const made = new Buckets("storage", { storage, disposable });
            const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
                options.set(name, opts);
                return undefined;
            };
            const keys = new Keys("keys", { storage, buckets: made, disposable }, { transformations: [remember] });
            found.secret = await Promise.all([keys.server, keys.recovery].map((key) => pulumi.isSecret(key)));
            // In a preview nobody knows the secret that AWS is going to make.
            if (storage.backend === "aws") return;
            await new Promise<void>((done) =>
                pulumi.all([keys.server, keys.recovery]).apply(([server, recovery]) => {
                    Object.assign(found, { server, recovery });
                    done();
                }),
            );
        },
        { preview: true },
    );
    return { resources: resources.filter(({ type }) => type.startsWith("aws:iam/")), options, ...found };
}

describe("Keys", () => {
    for (const storage of [b2, compatible])
        it(`takes them from the stack's secrets on ${storage.backend}, where nothing can make them`, async () => {
            const { resources, server, recovery, secret } = await build(storage);
            assert.deepEqual(resources, []);
            assert.deepEqual(server, { keyId: "server", secret: "server-secret" });
            assert.deepEqual(recovery, { keyId: "recovery", secret: "recovery-secret" });
            assert.deepEqual(secret, [true, true]);
        });

    it("makes on AWS two users, each with a policy of its own and a key", async () => {
        const { resources, secret, options } = await build(onAws);
        assert.deepEqual(resources.map(({ type }) => type.split(":").at(-1)).sort(), [
            "AccessKey",
            "AccessKey",
            "User",
            "User",
            "UserPolicy",
            "UserPolicy",
        ]);
        assert.deepEqual(secret, [true, true]);
        const named = (name: string) =>
            resources.find((resource) => resource.name === name)?.inputs ?? assert.fail(name);
        for (const holder of ["writer", "reader"]) {
            const user = named(`keys-${holder}`);
            assert.deepEqual([user["name"], user["path"], user["forceDestroy"]], [`acme-replicas-${holder}`, "/slotkeeper/", false]); // prettier-ignore
            assert.equal(named(`keys-${holder}-key`)["user"], `acme-replicas-${holder}`);
            for (const name of [`keys-${holder}`, `keys-${holder}-policy`, `keys-${holder}-key`])
                assert.notEqual(options.get(name)?.provider, undefined, name);
        }
    });

    it("lets on AWS the server's key destroy nothing and the recovery key change nothing, and both touch two buckets only", async () => {
        const { resources } = await build(onAws);
        const policy = (name: string) => {
            const text = String(resources.find((resource) => resource.name === name)?.inputs["policy"]);
            return JSON.parse(text) as { Statement: { Effect: string; Action: string[]; Resource: string[] }[] };
        };
        const actions = (name: string) => policy(name).Statement.flatMap(({ Action }) => Action);
        const writer = actions("keys-writer-policy");
        assert.ok(writer.includes("s3:PutObject") && writer.includes("s3:DeleteObject"));
        assert.deepEqual(writer.filter((action) => /Version|\*|PutBucket|Lifecycle|Bypass/.test(action)), []); // prettier-ignore
        assert.deepEqual(actions("keys-reader-policy").sort(), ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]); // prettier-ignore
        for (const { Effect, Resource } of policy("keys-writer-policy").Statement) {
            assert.equal(Effect, "Allow");
            for (const arn of Resource) assert.match(arn, /^arn:aws:s3:::acme-(replicas|snapshots)(\/\*)?$/);
        }
    });

    it("makes users that a drill can remove", async () => {
        const { resources } = await build(onAws, true);
        for (const { inputs } of resources.filter(({ type }) => type.endsWith(":User"))) assert.equal(inputs["forceDestroy"], true); // prettier-ignore
    });
});

describe("what is said when B2's buckets are there and the keys to them are not", () => {
    it("is the commands that make them, for both buckets, without what would destroy or change", () => {
        const text = b2KeyCommands(buckets, null, null);
        assert.match(text, /b2 key create --bucket acme-replicas --bucket acme-snapshots slotkeeper-server listBuckets,listFiles,readFiles,writeFiles\n/); // prettier-ignore
        assert.match(text, /slotkeeper-recovery listBuckets,listFiles,readFiles\n/);
        assert.doesNotMatch(text, /deleteFiles|writeBuckets|writeKeys/);
        for (const key of ["serverKeyId", "serverSecret", "recoveryKeyId", "recoverySecret"])
            assert.ok(text.includes(`pulumi config set --secret slotkeeper:${key}`));
    });

    it("is only what is missing", () => {
        assert.doesNotMatch(b2KeyCommands(buckets, {}, null), /serverKeyId|slotkeeper-server/);
        assert.doesNotMatch(b2KeyCommands(buckets, null, {}), /recoveryKeyId|slotkeeper-recovery/);
    });
});
