import {
    AbortMultipartUploadCommand,
    CreateBucketCommand,
    CreateMultipartUploadCommand,
    DeleteBucketCommand,
    DeleteObjectCommand,
    DeleteObjectsCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    ListObjectVersionsCommand,
    PutBucketPolicyCommand,
    PutBucketVersioningCommand,
    PutObjectCommand,
    type S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startObjectStore, type ObjectStore } from "../../local/object-store.ts";
import { identify } from "../../local/process.ts";
import { storeClient } from "../../local/store-admin.ts";
import { toolPath } from "../support/tools.ts";

const bucket = "replica";

/** The policy of a replica bucket: the writer may add and hide objects, the reader may only look. */
const policy = ({ writer, reader }: ObjectStore["accounts"]) => {
    const allow = (account: string, actions: string[], path: string) => ({
        Effect: "Allow",
        Principal: { AWS: [account] },
        Action: actions.map((action) => `s3:${action}`),
        Resource: [`arn:aws:s3:::${bucket}${path}`],
    });
    return JSON.stringify({
        Version: "2012-10-17",
        Statement: [
            allow(writer.accessKey, ["ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"], ""),
            allow(
                writer.accessKey,
                ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts"],
                "/*",
            ),
            allow(reader.accessKey, ["ListBucket", "GetBucketLocation"], ""),
            allow(reader.accessKey, ["GetObject"], "/*"),
        ],
    });
};

describe("object store", function () {
    this.timeout(30_000);
    let dir: string;
    let store: ObjectStore;
    let root: S3Client;
    let writer: S3Client;
    let reader: S3Client;
    let firstVersion: string;

    before(async () => {
        dir = await mkdtemp(join(tmpdir(), "slotkeeper-test-"));
        store = await startObjectStore({
            dir,
            address: "127.0.0.1",
            binary: toolPath("versitygw"),
            accessLog: join(dir, "access"),
        });
        const client = (account: ObjectStore["accounts"]["root"]) => storeClient(store.endpoint, account);
        [root, writer, reader] = [
            client(store.accounts.root),
            client(store.accounts.writer),
            client(store.accounts.reader),
        ];
        await root.send(new CreateBucketCommand({ Bucket: bucket }));
        await root.send(
            new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
        );
        await root.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy(store.accounts) }));
        firstVersion =
            (await writer.send(new PutObjectCommand({ Bucket: bucket, Key: "a/1", Body: "first" }))).VersionId ?? "";
        assert.notEqual(firstVersion, "");
    });

    after(async () => {
        for (const client of [root, writer, reader]) client.destroy();
        await store.stop();
        await rm(dir, { recursive: true, force: true });
    });

    const denied = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };
    const isDenied = (error: { name: string; $metadata: { httpStatusCode?: number } }) => {
        assert.deepEqual({ name: error.name, $metadata: { httpStatusCode: error.$metadata.httpStatusCode } }, denied);
        return true;
    };
    const versionsOf = async (key: string) =>
        (await root.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }))).Versions?.map(
            ({ VersionId }) => VersionId,
        ) ?? [];

    it("lets the writer put, get, list and abort", async () => {
        await writer.send(new PutObjectCommand({ Bucket: bucket, Key: "b", Body: "text" }));
        const { Body } = await writer.send(new GetObjectCommand({ Bucket: bucket, Key: "b" }));
        assert.equal(await Body?.transformToString(), "text");
        assert.ok(((await writer.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount ?? 0) > 0);
        const { UploadId } = await writer.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: "c" }));
        await writer.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: "c", UploadId }));
    });

    it("keeps every version of what the writer overwrites and deletes", async () => {
        for (const Body of ["one", "two"]) await writer.send(new PutObjectCommand({ Bucket: bucket, Key: "d", Body }));
        await writer.send(new DeleteObjectCommand({ Bucket: bucket, Key: "d" }));
        await assert.rejects(reader.send(new GetObjectCommand({ Bucket: bucket, Key: "d" })), { name: "NoSuchKey" });
        assert.equal((await versionsOf("d")).length, 2);
    });

    it("refuses the writer to delete a version, one by one or many at once", async () => {
        const one = { Bucket: bucket, Key: "a/1", VersionId: firstVersion };
        await assert.rejects(writer.send(new DeleteObjectCommand(one)), isDenied);
        const Delete = { Objects: [{ Key: "a/1", VersionId: firstVersion }] };
        await writer.send(new DeleteObjectsCommand({ Bucket: bucket, Delete })).catch(isDenied);
        assert.deepEqual(await versionsOf("a/1"), [firstVersion]);
    });

    it("lets the reader get and list", async () => {
        const { Body } = await reader.send(new GetObjectCommand({ Bucket: bucket, Key: "a/1" }));
        assert.equal(await Body?.transformToString(), "first");
        const { Contents } = await reader.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "a/" }));
        assert.deepEqual(
            Contents?.map(({ Key }) => Key),
            ["a/1"],
        );
    });

    it("refuses the reader to write, delete or upload in parts", async () => {
        await assert.rejects(reader.send(new PutObjectCommand({ Bucket: bucket, Key: "a/1", Body: "x" })), isDenied);
        await assert.rejects(reader.send(new PutObjectCommand({ Bucket: bucket, Key: "new", Body: "x" })), isDenied);
        await assert.rejects(reader.send(new DeleteObjectCommand({ Bucket: bucket, Key: "a/1" })), isDenied);
        await assert.rejects(reader.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: "a/1" })), isDenied);
        const Delete = { Objects: [{ Key: "a/1" }] };
        const { Errors } = await reader.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
        assert.deepEqual(
            Errors?.map(({ Code }) => Code),
            ["AccessDenied"],
        );
        const { Body } = await reader.send(new GetObjectCommand({ Bucket: bucket, Key: "a/1" }));
        assert.equal(await Body?.transformToString(), "first");
    });

    it("refuses both to change the bucket, its versioning or its policy, and to make another", async () => {
        for (const client of [writer, reader]) {
            const suspended = { Bucket: bucket, VersioningConfiguration: { Status: "Suspended" as const } };
            await assert.rejects(client.send(new PutBucketVersioningCommand(suspended)), isDenied);
            await assert.rejects(
                client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy(store.accounts) })),
                isDenied,
            );
            await assert.rejects(client.send(new DeleteBucketCommand({ Bucket: bucket })), isDenied);
            await assert.rejects(client.send(new CreateBucketCommand({ Bucket: "another" })), isDenied);
        }
    });

    it("refuses unknown keys and wrong secrets", async () => {
        const list = new ListObjectsV2Command({ Bucket: bucket });
        const nobody = storeClient(store.endpoint, { accessKey: "nobody", secretKey: "x" });
        await assert.rejects(nobody.send(list), { name: "InvalidAccessKeyId" });
        const forger = storeClient(store.endpoint, { ...store.accounts.reader, secretKey: "x" });
        await assert.rejects(forger.send(list), { name: "SignatureDoesNotMatch" });
    });

    it("shows no secret in its arguments, and keeps its files from other users", async () => {
        const args = readFileSync(`/proc/${store.pid}/cmdline`, "utf8");
        for (const { secretKey } of Object.values(store.accounts)) assert.ok(!args.includes(secretKey));
        for (const name of ["accounts", "data", "versions"])
            assert.equal((await stat(join(dir, name))).mode & 0o777, 0o700);
    });

    it("writes a line for each request to the access log", async () => {
        await writer.send(new PutObjectCommand({ Bucket: bucket, Key: "counted", Body: "x" }));
        assert.match(await readFile(join(dir, "access"), "utf8"), /s3_PutObject.*counted/);
    });

    it("listens on the given address only", async () => {
        const { port } = new URL(store.endpoint);
        assert.equal((await fetch(store.endpoint)).status, 403);
        await assert.rejects(fetch(`http://127.0.0.2:${port}`), { name: "TypeError" });
    });
});

describe("starting an object store", function () {
    this.timeout(30_000);
    let dir: string;

    beforeEach(async () => {
        dir = await mkdtemp(join(tmpdir(), "slotkeeper-test-"));
    });

    afterEach(async () => {
        await rm(dir, { recursive: true, force: true });
    });

    it("says which port is in use", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        const port = await new Promise<number>((resolve) =>
            server.on("listening", () => {
                resolve((server.address() as AddressInfo).port);
            }),
        );
        try {
            const start = startObjectStore({ dir, address: "127.0.0.1", port, binary: toolPath("versitygw") });
            await assert.rejects(start, { kind: "usage", message: `port ${port} of 127.0.0.1 is in use` });
        } finally {
            server.close();
        }
    });

    it("says when the address is not this machine's", async () => {
        const start = startObjectStore({ dir, address: "192.0.2.77", binary: toolPath("versitygw") });
        await assert.rejects(start, { kind: "usage" });
    });

    it("says when the program is none", async () => {
        const start = startObjectStore({ dir, address: "127.0.0.1", binary: join(dir, "missing") });
        await assert.rejects(start, { kind: "remote", message: /did not start/ });
    });

    it("ends with stop, and keeps its data for a start in the same folder", async () => {
        const args = { dir, address: "127.0.0.1", binary: toolPath("versitygw") };
        const first = await startObjectStore(args);
        const client = storeClient(first.endpoint, first.accounts.root);
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: "a", Body: "kept" }));
        client.destroy();
        await first.stop();
        assert.equal(identify(first.pid), undefined);
        await first.stop();
        const second = await startObjectStore(args);
        const reader = storeClient(second.endpoint, second.accounts.root);
        try {
            const { Body } = await reader.send(new GetObjectCommand({ Bucket: bucket, Key: "a" }));
            assert.equal(await Body?.transformToString(), "kept");
        } finally {
            reader.destroy();
            await second.stop();
        }
    });

    it("lets two run at once", async () => {
        const start = (name: string) =>
            startObjectStore({ dir: join(dir, name), address: "127.0.0.1", binary: toolPath("versitygw") });
        const stores = await Promise.all(["a", "b"].map(start));
        try {
            assert.equal(new Set(stores.map(({ endpoint }) => endpoint)).size, 2);
        } finally {
            await Promise.all(stores.map((store) => store.stop()));
        }
    });
});
