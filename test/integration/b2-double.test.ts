import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    CopyObjectCommand,
    CreateBucketCommand,
    DeleteBucketCommand,
    DeleteBucketEncryptionCommand,
    DeleteBucketLifecycleCommand,
    DeleteObjectCommand,
    DeleteObjectsCommand,
    GetBucketEncryptionCommand,
    GetBucketLifecycleConfigurationCommand,
    GetBucketPolicyCommand,
    GetBucketReplicationCommand,
    GetBucketTaggingCommand,
    GetBucketVersioningCommand,
    GetBucketWebsiteCommand,
    GetObjectCommand,
    GetObjectTaggingCommand,
    GetPublicAccessBlockCommand,
    HeadBucketCommand,
    type LifecycleRule,
    ListBucketsCommand,
    ListObjectsV2Command,
    ListObjectVersionsCommand,
    PutBucketEncryptionCommand,
    PutBucketLifecycleConfigurationCommand,
    PutBucketOwnershipControlsCommand,
    PutBucketPolicyCommand,
    PutBucketVersioningCommand,
    PutObjectCommand,
    PutObjectLockConfigurationCommand,
    type S3Client,
    S3ServiceException,
} from "@aws-sdk/client-s3";
import Database from "better-sqlite3";
import { execa } from "execa";
import { startB2, type B2, type B2Args } from "../../local/b2/start.ts";
import { identify } from "../../local/process.ts";
import { storeClient, type Account } from "../../local/store-admin.ts";
import { s3Replica } from "../../components/render/litestream-yml.ts";
import { litestreamEnvironment } from "../../scripts/adapters/litestream.ts";
import { toolPath } from "../support/tools.ts";

const bucket = "fleet-replicas";
const snapshots = "fleet-snapshots";

/** A double with one bucket, and a client for each key. */
interface World {
    dir: string;
    b2: B2;
    provisioner: S3Client;
    writer: S3Client;
    reader: S3Client;
    close(): Promise<void>;
}

async function open(throttle: B2Args["throttle"] = {}): Promise<World> {
    const dir = await mkdtemp(join(tmpdir(), "slotkeeper-b2-"));
    const b2 = await startB2({
        dir,
        address: "127.0.0.1",
        binary: toolPath("versitygw"),
        buckets: [bucket, snapshots],
        throttle,
    });
    const client = (account: Account) => storeClient(b2.endpoint, account, b2.region);
    const { provisioner, writer, reader } = b2.accounts;
    const clients = { provisioner: client(provisioner), writer: client(writer), reader: client(reader) };
    await clients.provisioner.send(new CreateBucketCommand({ Bucket: bucket, ACL: "private" }));
    return {
        dir,
        b2,
        ...clients,
        close: async () => {
            for (const each of Object.values(clients)) each.destroy();
            await b2.stop();
            await rm(dir, { recursive: true });
        },
    };
}

/** An S3 error of this status and code; and of this message, if one is given. */
const status = (code: number, name: string, message?: string) => (error: unknown) => {
    assert.ok(error instanceof S3ServiceException, String(error));
    assert.deepEqual([error.$metadata.httpStatusCode, error.name], [code, name], error.message);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
};
const denied = status(403, "AccessDenied", "not entitled");
const unsupported = status(501, "NotImplemented", "This API call is not supported.");

describe("the double of B2", function () {
    this.timeout(60_000);
    let world: World;
    before(async () => {
        world = await open();
    });
    after(async () => {
        await world.close();
    });

    const put = async (Key: string, Body: string): Promise<string> =>
        (await world.writer.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))).VersionId ?? "";
    const read = async (Key: string, VersionId?: string): Promise<string> => {
        const { Body } = await world.reader.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }));
        return (await Body?.transformToString()) ?? "";
    };

    it("has versioned buckets from the start, and knows no call to say so", async () => {
        const { Status } = await world.provisioner.send(new GetBucketVersioningCommand({ Bucket: bucket }));
        assert.equal(Status, "Enabled");
        const VersioningConfiguration = { Status: "Suspended" } as const;
        const suspend = new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration });
        await assert.rejects(world.provisioner.send(suspend), unsupported);
        const [first, second] = [await put("versions/a", "one"), await put("versions/a", "two")];
        assert.notEqual(first, second);
        assert.equal(await read("versions/a", first), "one");
    });

    it("refuses with 501 each call that B2 does not list", async () => {
        const Bucket = bucket;
        const calls = [
            () => world.provisioner.send(new GetBucketPolicyCommand({ Bucket })),
            () => world.provisioner.send(new PutBucketPolicyCommand({ Bucket, Policy: "{}" })),
            () => world.provisioner.send(new GetBucketTaggingCommand({ Bucket })),
            () => world.provisioner.send(new GetBucketWebsiteCommand({ Bucket })),
            () => world.provisioner.send(new GetBucketReplicationCommand({ Bucket })),
            () => world.provisioner.send(new GetPublicAccessBlockCommand({ Bucket })),
            () => {
                const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
                return world.provisioner.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
            },
            () => world.writer.send(new GetObjectTaggingCommand({ Bucket, Key: "a" })),
            () => world.writer.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", Tagging: "a=b" })),
            () => world.writer.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", IfNoneMatch: "*" })),
        ];
        for (const call of calls) await assert.rejects(call(), unsupported);
    });

    it("hides by name, destroys by version only with deleteFiles, and brings back what is hidden", async () => {
        const version = await put("hide/a", "precious");
        const at = { Bucket: bucket, Key: "hide/a" };
        const { DeleteMarker, VersionId: marker } = await world.writer.send(new DeleteObjectCommand(at));
        assert.equal(DeleteMarker, true);
        await assert.rejects(read("hide/a"), { name: "NoSuchKey" });
        for (const VersionId of [version, marker])
            await assert.rejects(world.writer.send(new DeleteObjectCommand({ ...at, VersionId })), denied);
        const Delete = { Objects: [{ Key: "hide/a", VersionId: version }] };
        await assert.rejects(
            world.writer.send(new DeleteObjectsCommand({ Bucket: bucket, Delete, ChecksumAlgorithm: "CRC32" })),
            denied,
        );
        const listing = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: "hide/" });
        const { Versions, DeleteMarkers } = await world.reader.send(listing);
        assert.deepEqual([Versions?.length, DeleteMarkers?.length], [1, 1]);
        assert.equal(await read("hide/a", version), "precious");
        await world.provisioner.send(new DeleteObjectCommand({ ...at, VersionId: marker }));
        assert.equal(await read("hide/a"), "precious");
    });

    it("brings back what is hidden with the writer's key, too: by a copy of the old version", async () => {
        const version = await put("copy/a", "precious");
        await world.writer.send(new DeleteObjectCommand({ Bucket: bucket, Key: "copy/a" }));
        const CopySource = `${bucket}/copy/a?versionId=${version}`;
        await world.writer.send(new CopyObjectCommand({ Bucket: bucket, Key: "copy/a", CopySource }));
        assert.equal(await read("copy/a"), "precious");
    });

    it("lets a key do what it is made for, in its buckets, and nothing more", async () => {
        const Bucket = bucket;
        await world.writer.send(new HeadBucketCommand({ Bucket }));
        await world.reader.send(new ListObjectsV2Command({ Bucket }));
        await assert.rejects(world.reader.send(new PutObjectCommand({ Bucket, Key: "r", Body: "r" })), denied);
        await assert.rejects(world.reader.send(new DeleteObjectCommand({ Bucket, Key: "r" })), denied);
        await assert.rejects(world.writer.send(new CreateBucketCommand({ Bucket: "another-bucket" })), denied);
        await assert.rejects(world.writer.send(new ListBucketsCommand({})), denied);
        await world.provisioner.send(new CreateBucketCommand({ Bucket: "other-bucket" }));
        await assert.rejects(world.writer.send(new PutObjectCommand({ Bucket: "other-bucket", Key: "a", Body: "a" })), denied); // prettier-ignore
        await world.provisioner.send(new DeleteBucketCommand({ Bucket: "other-bucket" }));
    });

    it("refuses the master key, unknown keys and wrong secrets, also for what the store behind does not have", async () => {
        const { provisioner } = world.b2.accounts;
        const lifecycle = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
        for (const [account, name] of [
            [{ ...provisioner, accessKey: provisioner.accessKey.slice(3, 15) }, "InvalidAccessKeyId"],
            [{ ...provisioner, accessKey: "0040123456789ab0000000001" }, "InvalidAccessKeyId"],
            [{ ...provisioner, secretKey: "wrong" }, "SignatureDoesNotMatch"],
        ] as const) {
            const client = storeClient(world.b2.endpoint, account, world.b2.region);
            await assert.rejects(client.send(lifecycle), status(403, name));
            await assert.rejects(client.send(new ListObjectsV2Command({ Bucket: bucket })), status(403, name));
            client.destroy();
        }
        assert.equal((await fetch(`${world.b2.endpoint}/${bucket}`)).status, 403);
    });

    it("takes B2's lifecycle rules, and gives a hiding one back as two, without AWS's header", async () => {
        const Bucket = bucket;
        const get = () => world.provisioner.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
        const put = (Rules: LifecycleRule[]) =>
            world.provisioner.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } })); // prettier-ignore
        await assert.rejects(get(), status(404, "NoSuchLifecycleConfiguration"));
        const Filter = { Prefix: "" };
        const rule: LifecycleRule = {
            ID: "forget-deleted",
            Status: "Enabled",
            Filter,
            NoncurrentVersionExpiration: { NoncurrentDays: 7 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        };
        await put([rule]);
        const kept = await get();
        assert.deepEqual(kept.Rules, [rule]);
        assert.equal(kept.TransitionDefaultMinimumObjectSize, undefined);
        await put([{ ID: "old", Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }]);
        assert.deepEqual((await get()).Rules?.map(({ Expiration }) => Expiration), [{ Days: 30 }, { ExpiredObjectDeleteMarker: true }]); // prettier-ignore
        for (const wrong of [
            { Expiration: { Date: new Date("2030-01-01T00:00:00Z") }, Filter },
            { Transitions: [{ Days: 1, StorageClass: "GLACIER" as const }], Filter },
            { Expiration: { Days: 1 }, Filter: { Tag: { Key: "a", Value: "b" } } },
            { Expiration: { Days: 1 }, Filter: { ObjectSizeGreaterThan: 1 } },
        ])
            await assert.rejects(put([{ ID: "no", Status: "Enabled", ...wrong }]), status(400, "InvalidArgument"));
        await world.provisioner.send(new DeleteBucketLifecycleCommand({ Bucket }));
        await assert.rejects(get(), status(404, "NoSuchLifecycleConfiguration"));
    });

    it("encrypts by default with AES256, and knows no other", async () => {
        const Bucket = bucket;
        const get = () => world.provisioner.send(new GetBucketEncryptionCommand({ Bucket }));
        const put = (SSEAlgorithm: "AES256" | "aws:kms") => {
            const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm } }];
            const configuration = { Bucket, ServerSideEncryptionConfiguration: { Rules } };
            return world.provisioner.send(new PutBucketEncryptionCommand(configuration));
        };
        await assert.rejects(get(), status(404, "ServerSideEncryptionConfigurationNotFoundError"));
        await assert.rejects(put("aws:kms"), status(400, "InvalidArgument"));
        await put("AES256");
        const { ServerSideEncryptionConfiguration } = await get();
        assert.deepEqual(ServerSideEncryptionConfiguration?.Rules, [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }]); // prettier-ignore
        await world.provisioner.send(new DeleteBucketEncryptionCommand({ Bucket }));
        await assert.rejects(get(), status(404, "ServerSideEncryptionConfigurationNotFoundError"));
    });

    it("names the buckets as B2 does", async () => {
        for (const Bucket of ["short", "b2-bucket", "with.dot.in-it"])
            await assert.rejects(
                world.provisioner.send(new CreateBucketCommand({ Bucket })),
                status(400, "InvalidBucketName"),
            );
    });

    it("wants a checksum on each object of a bucket that locks them, and on DeleteObjects", async () => {
        const Bucket = snapshots;
        await world.provisioner.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
        await world.writer.send(new PutObjectCommand({ Bucket, Key: "before", Body: "no retention yet" }));
        const ObjectLockConfiguration = {
            ObjectLockEnabled: "Enabled",
            Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } },
        } as const;
        await world.provisioner.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
        const put = (more: { ContentMD5?: string; ChecksumAlgorithm?: "SHA256" }) =>
            world.writer.send(new PutObjectCommand({ Bucket, Key: "a", Body: "abc", ...more }));
        await assert.rejects(put({}), status(400, "InvalidRequest"));
        await put({ ContentMD5: "kAFQmDzST7DWlj99KOF/cg==" });
        await put({ ChecksumAlgorithm: "SHA256" });
        await assert.rejects(put({ ContentMD5: "kAFQmDzST7DWlj99KOF/cw==" }), status(400, "BadDigest"));

        const url = `${world.b2.endpoint}/${bucket}?delete`;
        const signer = await world.writer.config.signer({ name: "sigv4", signingName: "s3", signingRegion: world.b2.region, properties: {} }); // prettier-ignore
        const { host, hostname, port, protocol } = new URL(url);
        const body = "<Delete><Object><Key>nothing</Key></Object></Delete>";
        const signed = await signer.sign({ method: "POST", protocol, hostname, port: Number(port), path: `/${bucket}`, query: { delete: "" }, headers: { host }, body }); // prettier-ignore
        const answer = await fetch(url, { method: "POST", headers: signed.headers, body });
        assert.equal(answer.status, 400);
        assert.match(await answer.text(), /Content-MD5/);
    });

    it("lists a thousand keys at a time", async () => {
        const keys = Array.from({ length: 1003 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
        const queue = [...keys];
        const work = async () => {
            for (let key = queue.pop(); key !== undefined; key = queue.pop()) await put(key, "x");
        };
        await Promise.all(Array.from({ length: 16 }, work));
        const list = { Bucket: bucket, Prefix: "many/", MaxKeys: 5000 };
        const page = await world.reader.send(new ListObjectsV2Command(list));
        assert.deepEqual([page.KeyCount, page.IsTruncated], [1000, true]);
        const rest = new ListObjectsV2Command({ ...list, ContinuationToken: page.NextContinuationToken });
        assert.equal((await world.reader.send(rest)).KeyCount, 3);
        const versions = await world.reader.send(new ListObjectVersionsCommand(list));
        assert.deepEqual([versions.Versions?.length, versions.IsTruncated], [1000, true]);
        const Objects = keys.slice(0, 1000).map((Key) => ({ Key }));
        const deletion = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } });
        const { Deleted, Errors } = await world.writer.send(deletion);
        assert.deepEqual([Deleted?.length, Errors ?? []], [1000, []]);
        assert.equal((await world.reader.send(new ListObjectsV2Command(list))).KeyCount, 3);
    });

    it("hands on objects of any size as they are", async () => {
        const Body = Buffer.alloc(20 * 1024 * 1024, "0123456789abcde");
        await world.writer.send(new PutObjectCommand({ Bucket: bucket, Key: "big", Body }));
        const { Body: back } = await world.reader.send(new GetObjectCommand({ Bucket: bucket, Key: "big" }));
        assert.ok(Body.equals((await back?.transformToByteArray()) ?? Buffer.of()));
    });

    it("counts requests as B2 bills them", async () => {
        const counts = async () => JSON.parse(await readFile(world.b2.countsFile, "utf8")) as Counted;
        const settled = async () => {
            await new Promise((done) => setTimeout(done, 600));
            return counts();
        };
        const before = await settled();
        await put("counted/a", "x");
        await read("counted/a");
        await world.reader.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "counted/" }));
        const after = await settled();
        const { A, B, C } = before.classes;
        assert.deepEqual(after.classes, { A: A + 1, B: B + 1, C: C + 1 });
        for (const name of ["PutObject", "GetObject", "ListObjects"])
            assert.equal(after.operations[name]?.["counted"], 1);
    });

    it("shows no secret in its arguments or its environment, and listens on its address only", async () => {
        const { pid, port, accounts } = world.b2;
        const seen = await Promise.all(["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8")));
        for (const { secretKey } of Object.values(accounts)) assert.ok(!seen.join().includes(secretKey));
        assert.doesNotMatch(seen.join(), /SECRET/);
        await assert.rejects(fetch(`http://127.0.0.2:${port}`), { name: "TypeError" });
        assert.equal((await stat(world.b2.countsFile)).mode & 0o777, 0o600);
    });

    it("ends with stop, and the store behind it", async () => {
        const other = await open();
        await other.close();
        assert.equal(identify(other.b2.pid), undefined);
        await assert.rejects(fetch(other.b2.endpoint));
    });
});

interface Counted {
    classes: { A: number; B: number; C: number };
    operations: Record<string, Record<string, number>>;
    refused: Record<string, number>;
}

describe("B2 under its rate limit", function () {
    this.timeout(120_000);

    it("answers 503 SlowDown to a burst, which a patient client outlasts", async () => {
        const dir = await mkdtemp(join(tmpdir(), "slotkeeper-b2-"));
        const binary = toolPath("versitygw");
        const b2 = await startB2({ dir, address: "127.0.0.1", binary, buckets: [bucket], throttle: { first: 5 } });
        const client = storeClient(b2.endpoint, b2.accounts.provisioner, b2.region);
        try {
            const answer = await fetch(`${b2.endpoint}/${bucket}`);
            assert.equal(answer.status, 503);
            assert.match(await answer.text(), /<Code>SlowDown<\/Code>/);
            await client.send(new CreateBucketCommand({ Bucket: bucket }));
        } finally {
            client.destroy();
            await b2.stop();
        }
        const counts = JSON.parse(await readFile(b2.countsFile, "utf8")) as Counted;
        assert.equal(counts.refused["SlowDown"], 5);
        await rm(dir, { recursive: true });
    });

    it("is replicated to and restored from by Litestream all the same, and cannot be destroyed with the writer's key", async () => {
        const world = await open({ oneIn: 4 });
        try {
            const database = join(world.dir, "a.db");
            const db = new Database(database);
            db.pragma("journal_mode = WAL");
            db.exec("CREATE TABLE t (n INTEGER)");
            const replica = s3Replica({ backend: "b2", endpoint: world.b2.endpoint, region: world.b2.region, bucket }, "slots/a.db"); // prettier-ignore
            // Housekeeping within seconds: files are merged, and those that were are deleted.
            const settings = {
                levels: [{ interval: "1s" }],
                "l0-retention": "1s",
                "l0-retention-check-interval": "1s",
                dbs: [
                    { path: database, "monitor-interval": "200ms", replica: { ...replica, "sync-interval": "200ms" } },
                ],
            };
            const config = join(world.dir, "litestream.yml");
            await writeFile(config, JSON.stringify(settings));
            const { accessKey: accessKeyId, secretKey: secretAccessKey } = world.b2.accounts.writer;
            const env = litestreamEnvironment({ accessKeyId, secretAccessKey });
            const options = { env, extendEnv: false, stdin: "ignore", reject: false } as const;
            const daemon = execa(toolPath("litestream"), ["replicate", "-config", config, "-no-expand-env"], options);
            for (let n = 0; n < 40; n += 1) {
                db.prepare("INSERT INTO t VALUES (?)").run(n);
                await new Promise((done) => setTimeout(done, 150));
            }
            daemon.kill("SIGTERM");
            const { exitCode, stdout, stderr } = await daemon;
            assert.equal(exitCode, 0, stdout + stderr);
            assert.doesNotMatch(stdout + stderr, /delete object failed|AccessDenied|NotImplemented/);

            const counts = JSON.parse(await readFile(world.b2.countsFile, "utf8")) as Counted;
            assert.ok((counts.refused["SlowDown"] ?? 0) > 10, "no request of Litestream's was turned away");

            const { DeleteMarkers } = await world.reader.send(new ListObjectVersionsCommand({ Bucket: bucket }));
            assert.ok(
                (DeleteMarkers ?? []).length > 0,
                "Litestream removed nothing, so the key's limits were not tried",
            );
            const { accessKey, secretKey } = world.b2.accounts.reader;
            const restored = await execa(
                toolPath("litestream"),
                ["restore", "-config", config, "-no-expand-env", "-o", join(world.dir, "back.db"), database],
                { ...options, env: litestreamEnvironment({ accessKeyId: accessKey, secretAccessKey: secretKey }) },
            );
            assert.equal(restored.exitCode, 0, restored.stderr);
            const back = new Database(join(world.dir, "back.db"), { readonly: true });
            assert.equal(back.prepare("SELECT count(*) FROM t").pluck().get(), 40);
            back.close();
            db.close();

            // What somebody with the server's key can do at worst, and how it is undone.
            const Prefix = "slots/";
            const { Contents } = await world.writer.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
            const Objects = (Contents ?? []).map(({ Key }) => ({ Key }));
            await world.writer.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
            const gone = await world.reader.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
            assert.equal(gone.KeyCount, 0);
            const listed = await world.provisioner.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix }));
            const hidden = new Set(Objects.map(({ Key }) => Key));
            const markers = (listed.DeleteMarkers ?? []).filter(
                ({ Key, IsLatest }) => IsLatest === true && hidden.has(Key),
            );
            for (const { Key, VersionId } of markers)
                await world.provisioner.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
            const again = await world.reader.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
            assert.deepEqual(again.Contents?.map(({ Key }) => Key), Contents?.map(({ Key }) => Key)); // prettier-ignore
        } finally {
            await world.close();
        }
    });
});
