import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    GetBucketEncryptionCommand,
    GetBucketLifecycleConfigurationCommand,
    GetObjectLockConfigurationCommand,
    ListBucketsCommand,
    ListObjectVersionsCommand,
    PutBucketLifecycleConfigurationCommand,
    PutObjectCommand,
    type S3Client,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { Buckets } from "../../components/buckets.ts";
import { Keys } from "../../components/keys.ts";
import { capabilities, capabilitiesOf } from "../../local/b2/keys.ts";
import { startB2, type B2 } from "../../local/b2/start.ts";
import { storeClient, type Account } from "../../local/store-admin.ts";
import { makeStack } from "../support/pulumi-stack.ts";
import { toolPath } from "../support/tools.ts";

const [replicas, snapshots] = ["drill-replicas", "drill-snapshots"];

describe("the buckets of a stack on B2", function () {
    this.timeout(120_000);
    let dir: string;
    let b2: B2;
    let provisioner: S3Client;
    let writer: S3Client;
    before(async () => {
        dir = await mkdtemp(join(tmpdir(), "slotkeeper-b2-"));
        const [binary, buckets] = [toolPath("versitygw"), [replicas, snapshots]];
        b2 = await startB2({ dir, address: "127.0.0.1", binary, buckets, throttle: { oneIn: 7 } });
        provisioner = storeClient(b2.endpoint, b2.accounts.provisioner, b2.region);
        writer = storeClient(b2.endpoint, b2.accounts.writer, b2.region);
    });
    after(async () => {
        for (const client of [provisioner, writer]) client.destroy();
        await b2.stop();
        await rm(dir, { recursive: true });
    });

    it("are made, kept, changed, repaired and removed", async () => {
        let keepDeletedDays = 7;
        await using made = await makeStack(["aws"], async () => {
            const { endpoint, region } = b2;
            const storage = {
                backend: "b2" as const,
                endpoint,
                region,
                replicaBucket: replicas,
                snapshotBucket: snapshots,
                keepDeletedDays,
                snapshotLock: { days: 1, mode: "governance" as const },
            };
            const { location } = new Buckets("storage", { storage, disposable: true });
            return Promise.resolve({ location });
        });
        const { stack } = made;
        const { accessKey, secretKey } = b2.accounts.provisioner;
        await stack.setConfig("slotkeeper:storageAdminKeyId", { value: accessKey });
        await stack.setConfig("slotkeeper:storageAdminSecret", { value: secretKey });
        const days = async (Bucket: string) => {
            const { Rules } = await provisioner.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
            return Rules?.map((rule) => [rule.NoncurrentVersionExpiration?.NoncurrentDays, rule.Filter?.Prefix]);
        };

        await stack.up();
        for (const Bucket of [replicas, snapshots]) {
            assert.deepEqual(await days(Bucket), [[7, ""]]);
            const { ServerSideEncryptionConfiguration: encryption } = await provisioner.send(new GetBucketEncryptionCommand({ Bucket })); // prettier-ignore
            assert.equal(encryption?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, "AES256");
        }
        const lock = await provisioner.send(new GetObjectLockConfigurationCommand({ Bucket: snapshots }));
        assert.equal(lock.ObjectLockConfiguration?.Rule?.DefaultRetention?.Days, 1);

        const second = await stack.up();
        assert.deepEqual(Object.keys(second.summary.resourceChanges ?? {}), ["same"]);
        keepDeletedDays = 14;
        const third = await stack.up();
        assert.equal(third.summary.resourceChanges?.update, 2);
        assert.deepEqual(await days(replicas), [[14, ""]]);

        // Somebody makes what is deleted go at once.
        const Rules = [{ Status: "Enabled" as const, Filter: { Prefix: "" }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }]; // prettier-ignore
        await provisioner.send(new PutBucketLifecycleConfigurationCommand({ Bucket: replicas, LifecycleConfiguration: { Rules } })); // prettier-ignore
        const refreshed = await stack.refresh();
        assert.equal(refreshed.summary.resourceChanges?.update, 1);
        await stack.up();
        assert.deepEqual(await days(replicas), [[14, ""]]);

        for (const Body of ["one", "two"]) await writer.send(new PutObjectCommand({ Bucket: replicas, Key: "a/b", Body })); // prettier-ignore
        const { Versions } = await provisioner.send(new ListObjectVersionsCommand({ Bucket: replicas }));
        assert.equal(Versions?.length, 2);
        await stack.destroy();
        assert.deepEqual((await provisioner.send(new ListBucketsCommand({}))).Buckets ?? [], []);
    });
});

/** What docs/keys.md gives to a key. */
function documented(name: string): string[] {
    const line = new RegExp(`^b2 key create .*slotkeeper-${name} (\\S+)$`, "m");
    const found = line.exec(readFileSync(new URL("../../docs/keys.md", import.meta.url), "utf8"));
    return (found?.[1] ?? assert.fail(`docs/keys.md does not make ${name}`)).split(",");
}

describe("the keys of docs/keys.md on B2", function () {
    this.timeout(120_000);

    it("are those that the double knows", () => {
        assert.deepEqual(documented("server"), [...capabilitiesOf.writer]);
        assert.deepEqual(documented("recovery"), [...capabilitiesOf.reader]);
        assert.ok(!documented("provisioner").some((name) => /Files|Keys/.test(name)));
    });

    it("are made before the keys to them can be: the first up says how, a wrong key fails the next, good ones pass", async () => {
        const dir = await mkdtemp(join(tmpdir(), "slotkeeper-b2-"));
        await using cleanup = new AsyncDisposableStack();
        cleanup.defer(() => rm(dir, { recursive: true }));
        const provisionerMay = z.array(z.enum(capabilities)).parse(documented("provisioner"));
        const place = { dir, address: "127.0.0.1", binary: toolPath("versitygw") };
        const b2 = await startB2({ ...place, buckets: [replicas, snapshots], provisioner: provisionerMay });
        cleanup.defer(() => b2.stop());
        const provisioner = storeClient(b2.endpoint, b2.accounts.provisioner, b2.region);
        cleanup.defer(() => {
            provisioner.destroy();
        });
        await using made = await makeStack(["aws"], async () => {
            const { endpoint, region } = b2;
            const names = { replicaBucket: replicas, snapshotBucket: snapshots, keepDeletedDays: 7 };
            const storage = { backend: "b2" as const, endpoint, region, ...names };
            const made = new Buckets("storage", { storage, disposable: true });
            const keys = new Keys("keys", { storage, buckets: made, disposable: true });
            return Promise.resolve({ server: keys.server, recovery: keys.recovery });
        });
        const { stack } = made;
        const { provisioner: admin, writer: server, reader: recovery } = b2.accounts;
        const set = async (name: string, [id, secret]: [string, string], account: Account) => {
            await stack.setConfig(`slotkeeper:${name}${id}`, { value: account.accessKey });
            await stack.setConfig(`slotkeeper:${name}${secret}`, { value: account.secretKey, secret: true });
        };
        await set("storageAdmin", ["KeyId", "Secret"], admin);
        await assert.rejects(
            stack.up(),
            /The buckets are made; the server's key and the recovery key to them are not set yet[^]*b2 key create --bucket drill-replicas --bucket drill-snapshots slotkeeper-server/,
        );
        assert.equal((await provisioner.send(new ListBucketsCommand({}))).Buckets?.length, 2);

        await set("server", ["KeyId", "Secret"], recovery);
        await set("recovery", ["KeyId", "Secret"], server);
        await assert.rejects(
            stack.up(),
            /the server's key cannot write to drill-replicas: AccessDenied \(403: not entitled\)[^]*the recovery key can write to drill-snapshots, and must not/,
        );

        await set("server", ["KeyId", "Secret"], server);
        await set("recovery", ["KeyId", "Secret"], recovery);
        const { outputs } = await stack.up();
        assert.deepEqual(outputs["recovery"], { value: { keyId: recovery.accessKey, secret: recovery.secretKey }, secret: true }); // prettier-ignore
        assert.ok([server, recovery].every(({ secretKey }) => !made.state().includes(secretKey)), "a key is in the state in clear"); // prettier-ignore
    });
});
