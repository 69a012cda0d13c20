import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    CreateBucketCommand,
    ListObjectVersionsCommand,
    PutBucketPolicyCommand,
    PutBucketVersioningCommand,
    PutObjectLockConfigurationCommand,
    type S3Client,
} from "@aws-sdk/client-s3";
import { bucketPolicy } from "../../components/render/least-privilege.ts";
import { capabilitiesOf } from "../../local/b2/keys.ts";
import { startB2 } from "../../local/b2/start.ts";
import { startObjectStore, type ObjectStore } from "../../local/object-store.ts";
import { storeClient, type Account } from "../../local/store-admin.ts";
import { checkKeys, type KeyCheck } from "../../scripts/fleet/key-check.ts";
import { toolPath } from "../support/tools.ts";

const keyOf = ({ accessKey, secretKey }: Account) => ({ keyId: accessKey, secret: secretKey });
const newest = (client: S3Client, Bucket: string) => client.send(new ListObjectVersionsCommand({ Bucket }));

describe("the check of a stack's keys", function () {
    this.timeout(120_000);
    let dir: string;
    let store: ObjectStore;
    let root: S3Client;
    let made = 0;

    before(async () => {
        dir = await mkdtemp(join(tmpdir(), "slotkeeper-keys-"));
        store = await startObjectStore({ dir, address: "127.0.0.1", binary: toolPath("versitygw") });
        root = storeClient(store.endpoint, store.accounts.root);
    });
    after(async () => {
        root.destroy();
        await store.stop();
        await rm(dir, { recursive: true });
    });

    /** Two new buckets, and what is given to `keys check`. */
    async function stack(
        policy: (bucket: string) => string = (bucket) => bucketPolicy(bucket, accounts()),
        versioned = true,
    ): Promise<KeyCheck> {
        made += 1;
        const [replicaBucket, snapshotBucket] = [`replicas-${made}`, `snapshots-${made}`];
        for (const Bucket of [replicaBucket, snapshotBucket]) {
            await root.send(new CreateBucketCommand({ Bucket }));
            const VersioningConfiguration = { Status: "Enabled" } as const;
            if (versioned) await root.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
            await root.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(Bucket) }));
        }
        const location = { backend: "s3-compatible" as const, endpoint: store.endpoint, region: store.region, replicaBucket, snapshotBucket }; // prettier-ignore
        const { root: admin, writer, reader } = store.accounts;
        return { location, writer: keyOf(writer), reader: keyOf(reader), admin: keyOf(admin) };
    }
    const accounts = () => ({ writer: store.accounts.writer.accessKey, reader: store.accounts.reader.accessKey });

    /** A policy that gives one more action on the objects to one of the keys. */
    const tooMuch = (holder: "writer" | "reader", action: string) => (bucket: string) => {
        const policy = JSON.parse(bucketPolicy(bucket, accounts())) as { Statement: object[] };
        const Principal = { AWS: [accounts()[holder]] };
        policy.Statement.push({ Effect: "Allow", Principal, Action: [action], Resource: [`arn:aws:s3:::${bucket}/*`] });
        return JSON.stringify(policy);
    };

    const both = (check: KeyCheck, line: (bucket: string) => RegExp, found: readonly string[]) => {
        const { replicaBucket, snapshotBucket } = check.location;
        assert.equal(found.length, 2, found.join("\n"));
        assert.match(found[0] ?? "", line(replicaBucket));
        assert.match(found[1] ?? "", line(snapshotBucket));
    };

    it("finds nothing wrong with good keys, and leaves nothing in the buckets", async () => {
        const check = await stack();
        assert.deepEqual(await checkKeys(check), []);
        const { Versions, DeleteMarkers } = await newest(root, check.location.replicaBucket);
        assert.deepEqual([Versions ?? [], DeleteMarkers ?? []], [[], []]);
    });

    it("names a server's key that can destroy versions", async () => {
        const check = await stack(tooMuch("writer", "s3:DeleteObjectVersion"));
        const found = await checkKeys(check);
        both(check, (bucket) => new RegExp(`^the server's key can destroy versions in ${bucket}, and must not`), found);
    });

    it("names a recovery key that can write", async () => {
        const check = await stack(tooMuch("reader", "s3:PutObject"));
        both(check, (bucket) => new RegExp(`^the recovery key can write to ${bucket}, and must not`), await checkKeys(check)); // prettier-ignore
    });

    it("names a recovery key that can delete", async () => {
        const check = await stack(tooMuch("reader", "s3:DeleteObject"));
        both(check, (bucket) => new RegExp(`^the recovery key can delete from ${bucket}, and must not`), await checkKeys(check)); // prettier-ignore
    });

    it("names a recovery key that cannot read", async () => {
        const check = await stack((bucket) =>
            bucketPolicy(bucket, accounts()).replace(/,\{[^{}]*\{[^{}]*\},"Action":\["s3:GetObject"\][^{}]*\}/, ""),
        );
        both(check, (bucket) => new RegExp(`^the recovery key cannot read from ${bucket}: AccessDenied \\(403`), await checkKeys(check)); // prettier-ignore
    });

    it("names a bucket that keeps no versions", async () => {
        const check = await stack(undefined, false);
        both(check, (bucket) => new RegExp(`^${bucket} keeps no versions`), await checkKeys(check));
    });

    it("names a key whose secret is wrong, once for a bucket, and an id that the store does not know", async () => {
        const check = await stack();
        const wrong = await checkKeys({ ...check, writer: { ...check.writer, secret: "wrong" } });
        both(check, () => /^the server's key is not one that the store takes: SignatureDoesNotMatch/, wrong);
        const unknown = await checkKeys({ ...check, reader: { keyId: "nobody", secret: "wrong" } });
        both(check, () => /^the recovery key is not one that the store takes: InvalidAccessKeyId/, unknown);
        assert.ok([...wrong, ...unknown].every((line) => !line.includes(check.writer.secret)));
    });

    it("names both keys when they are swapped", async () => {
        const check = await stack();
        const found = (await checkKeys({ ...check, writer: check.reader, reader: check.writer })).join("\n");
        assert.match(found, /the server's key cannot write to replicas/);
        assert.match(found, /the recovery key can write to replicas/);
    });

    it("says that a bucket is not there", async () => {
        const check = await stack();
        const found = await checkKeys({ ...check, location: { ...check.location, replicaBucket: "missing-bucket" } });
        assert.ok(found.some((line) => /cannot list missing-bucket: NoSuchBucket/.test(line)), found.join("\n")); // prettier-ignore
    });

    it("says that the store does not answer, when it does not", async () => {
        const check = await stack();
        const down = { ...check, location: { ...check.location, endpoint: "http://127.0.0.1:9" } };
        await assert.rejects(checkKeys(down), { kind: "remote", message: /does not answer: .*ECONNREFUSED/ });
    });

    it("finds nothing wrong with B2's keys, also in a bucket with Object Lock, and names one that has deleteFiles", async () => {
        const place = await mkdtemp(join(tmpdir(), "slotkeeper-keys-"));
        const [replicaBucket, snapshotBucket] = ["fleet-replicas", "fleet-snapshots"];
        const binary = toolPath("versitygw");
        const buckets = [replicaBucket, snapshotBucket];
        const b2 = await startB2({ dir: place, address: "127.0.0.1", binary, buckets, throttle: { oneIn: 10 } });
        const provisioner = storeClient(b2.endpoint, b2.accounts.provisioner, b2.region);
        try {
            await provisioner.send(new CreateBucketCommand({ Bucket: replicaBucket }));
            await provisioner.send(
                new CreateBucketCommand({ Bucket: snapshotBucket, ObjectLockEnabledForBucket: true }),
            );
            const Rule = { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } as const;
            const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
            await provisioner.send(new PutObjectLockConfigurationCommand({ Bucket: snapshotBucket, ObjectLockConfiguration })); // prettier-ignore
            const location = { backend: "b2" as const, endpoint: b2.endpoint, region: b2.region, replicaBucket, snapshotBucket }; // prettier-ignore
            const [writer, reader, admin] = [keyOf(b2.accounts.writer), keyOf(b2.accounts.reader), keyOf(b2.accounts.provisioner)]; // prettier-ignore
            assert.deepEqual(await checkKeys({ location, writer, reader, admin }), []);
            assert.ok(!(capabilitiesOf.writer as readonly string[]).includes("deleteFiles"));
            const found = await checkKeys({ location, writer: admin, reader, admin });
            assert.ok(found.some((line) => line.startsWith(`the server's key can destroy versions in ${replicaBucket}`)), found.join("\n")); // prettier-ignore
        } finally {
            provisioner.destroy();
            await b2.stop();
            await rm(place, { recursive: true });
        }
    });
});
