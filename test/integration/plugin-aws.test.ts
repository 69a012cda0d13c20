import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
    GetBucketPolicyCommand,
    GetBucketVersioningCommand,
    HeadBucketCommand,
    ListBucketsCommand,
    PutObjectCommand,
    S3Client,
} from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { makeStack } from "../support/pulumi-stack.ts";
import { toolPath } from "../support/tools.ts";

const keys = { accessKeyId: "provisioner", secretAccessKey: "provisioner-secret" };

describe("the stand-in of the aws plugin", () => {
    let dir: string;
    let store: ChildProcess;
    let endpoint: string;
    let client: S3Client;

    before(async () => {
        dir = mkdtempSync(join(tmpdir(), "slotkeeper-s3-"));
        for (const name of ["data", "versions", "iam"]) mkdirSync(join(dir, name));
        const port = await freePort();
        endpoint = `http://127.0.0.1:${port}`;
        const args = ["--port", `127.0.0.1:${port}`, "--iam-dir", join(dir, "iam"), "--quiet"];
        const posix = ["posix", "--versioning-dir", join(dir, "versions"), join(dir, "data")];
        const env = { ...process.env, ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey };
        store = spawn(toolPath("versitygw"), [...args, ...posix], { env, stdio: "ignore" });
        await listening(port);
        client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: keys });
    });
    after(async () => {
        client.destroy();
        const ended = once(store, "exit");
        store.kill("SIGKILL");
        await ended;
        rmSync(dir, { recursive: true, force: true });
    });

    const provider = (): aws.Provider =>
        new aws.Provider("store", {
            region: "us-east-1",
            accessKey: keys.accessKeyId,
            secretKey: keys.secretAccessKey,
            endpoints: [{ s3: endpoint }],
            s3UsePathStyle: true,
            skipCredentialsValidation: true,
            skipMetadataApiCheck: true,
            skipRequestingAccountId: true,
        });

    it("makes a versioned bucket with a policy, keeps it, and empties it before it is deleted", async () => {
        let sid = "first";
        await using made = await makeStack(["aws"], () => {
            const options = { provider: provider() };
            const bucket = new aws.s3.Bucket("replica", { bucket: "replica-one", forceDestroy: true }, options);
            const versioning = new aws.s3.BucketVersioning(
                "versioning",
                { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
                options,
            );
            const Statement = [
                {
                    Sid: sid,
                    Effect: "Allow",
                    Principal: "*",
                    Action: "s3:GetObject",
                    Resource: "arn:aws:s3:::replica-one/*",
                },
            ];
            const policy = JSON.stringify({ Version: "2012-10-17", Statement });
            new aws.s3.BucketPolicy("policy", { bucket: bucket.bucket, policy }, { ...options, dependsOn: versioning });
            return Promise.resolve({ arn: bucket.arn, bucket: bucket.bucket, id: bucket.id });
        });
        await made.stack.preview();
        const before = await client.send(new ListBucketsCommand({}));
        assert.deepEqual(before.Buckets ?? [], [], "a preview makes nothing");

        const { outputs } = await made.stack.up();
        assert.equal(outputs["arn"]?.value, "arn:aws:s3:::replica-one");
        assert.equal(outputs["id"]?.value, "replica-one");
        const versioning = await client.send(new GetBucketVersioningCommand({ Bucket: "replica-one" }));
        assert.equal(versioning.Status, "Enabled");
        const policyText = async (): Promise<string> =>
            (await client.send(new GetBucketPolicyCommand({ Bucket: "replica-one" }))).Policy ?? "";
        assert.match(await policyText(), /first/);
        assert.equal(made.state().includes(keys.secretAccessKey), false, "the key is in the state in clear");

        assert.deepEqual((await made.stack.up()).summary.resourceChanges, { same: 5 });
        sid = "second";
        assert.deepEqual((await made.stack.up()).summary.resourceChanges, { same: 4, update: 1 });
        assert.match(await policyText(), /second/);

        for (const body of ["one", "two"]) {
            await client.send(new PutObjectCommand({ Bucket: "replica-one", Key: "a/b", Body: body }));
        }
        await made.stack.destroy();
        await assert.rejects(client.send(new HeadBucketCommand({ Bucket: "replica-one" })), { name: "NotFound" });
    });

    it("never empties a bucket without forceDestroy", async () => {
        await using made = await makeStack(["aws"], () => {
            new aws.s3.Bucket("kept", { bucket: "kept" }, { provider: provider() });
            return Promise.resolve({});
        });
        await made.stack.up();
        await client.send(new PutObjectCommand({ Bucket: "kept", Key: "a", Body: "precious" }));
        await assert.rejects(made.stack.destroy(), /deleting S3 Bucket \(kept\): BucketNotEmpty/);
        await client.send(new HeadBucketCommand({ Bucket: "kept" }));
    });

    it("does not take over a bucket that exists already", async () => {
        await using first = await makeStack(["aws"], () => {
            new aws.s3.Bucket("bucket", { bucket: "taken" }, { provider: provider() });
            return Promise.resolve({});
        });
        await first.stack.up();
        await assert.rejects(
            first.stack.up({ replace: ["urn:pulumi:test::test::aws:s3/bucket:Bucket::bucket"] }),
            /BucketAlreadyExists/,
        );
        await first.stack.destroy();
    });

    it("finds on refresh that a bucket has gone", async () => {
        await using made = await makeStack(["aws"], () => {
            new aws.s3.Bucket("lost", { bucket: "lost" }, { provider: provider() });
            return Promise.resolve({});
        });
        await made.stack.up();
        rmSync(join(dir, "data/lost"), { recursive: true });
        assert.equal((await made.stack.refresh()).summary.resourceChanges?.delete, 1);
    });

    it("previews any other resource, and says on up that the official plugin is needed", async () => {
        await using made = await makeStack(["aws"], () => {
            const server = new aws.ec2.Instance(
                "server",
                { ami: "ami-1", instanceType: "t3.small" },
                { provider: provider() },
            );
            return Promise.resolve({ ip: server.publicIp });
        });
        assert.equal((await made.stack.preview()).changeSummary.create, 3);
        await assert.rejects(
            made.stack.up(),
            /aws:ec2\/instance:Instance is not in the offline stand-in of the aws plugin: install the official one with: pulumi plugin install resource aws 7\.48\.0/,
        );
    });

    it("names the call and the bucket that the store refuses", async () => {
        await using made = await makeStack(["aws"], () => {
            const options = { provider: provider() };
            const bucket = new aws.s3.Bucket("bucket", { bucket: "no-lifecycle", forceDestroy: true }, options);
            const rules = [{ id: "rule", status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: 7 } }];
            new aws.s3.BucketLifecycleConfiguration("lifecycle", { bucket: bucket.bucket, rules }, options);
            return Promise.resolve({});
        });
        await assert.rejects(
            made.stack.up(),
            /creating S3 Bucket Lifecycle Configuration \(no-lifecycle\): NotImplemented/,
        );
        await made.stack.destroy();
    });
});

async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}

async function listening(port: number): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
        const socket = connect(port, "127.0.0.1");
        try {
            await once(socket, "connect");
            return;
        } catch {
            await sleep(50);
        } finally {
            socket.destroy();
        }
    }
    throw new Error(`nothing listens on port ${port}`);
}
