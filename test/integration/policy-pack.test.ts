import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import { asset } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { judge, type Ruling } from "../support/policy-run.ts";

const production = { role: "production" };
const onAws = { ...production, storage: JSON.stringify({ backend: "aws" }) };
const onB2 = { ...production, storage: JSON.stringify({ backend: "b2" }) };
const hostKey = "ssh-ed25519 AAAA";

/** A provider of AWS itself; the stand-in of the plugin shows plans for it. */
const amazon = () => new aws.Provider("amazon", { region: "eu-central-1", accessKey: "key", secretKey: "secret" });
const elsewhere = (endpoint: string, more: aws.ProviderArgs = {}) =>
    new aws.Provider("store", {
        region: "us-west-004" as aws.Region,
        accessKey: "key",
        secretKey: "secret",
        endpoints: [{ s3: endpoint }],
        skipCredentialsValidation: true,
        skipRequestingAccountId: true,
        ...more,
    });
const b2 = (more?: aws.ProviderArgs) => elsewhere("https://s3.us-west-004.backblazeb2.com", more);

function matches(ruling: Ruling, rule: string, ...patterns: RegExp[]): void {
    const said = ruling.by(rule);
    assert.equal(said.length, patterns.length, `${rule} says ${said.length} things:\n${ruling.output}`);
    for (const pattern of patterns) assert.ok(said.some((text) => pattern.test(text)), `${rule}: ${pattern.source}\n${said.join("\n")}`); // prettier-ignore
}

describe("the policy pack, run by the engine", () => {
    describe("in a production stack on AWS where much is wrong", () => {
        let ruling: Ruling;
        before(async () => {
            ruling = await judge({ ...onAws, serverSecret: "K004-a-secret-of-31-characters-x" }, () => {
                const options = { provider: amazon() };
                new aws.s3.Bucket(
                    "replica",
                    { bucket: "acme-replica", forceDestroy: true, acl: "public-read" },
                    options,
                );
                new aws.s3.BucketPolicy("open", { bucket: "acme-replica", policy: policy("*") }, options);
                new aws.s3.BucketPublicAccessBlock("half", { bucket: "acme-replica", blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true }, options); // prettier-ignore
                new aws.s3.Bucket("stray", { bucket: "acme-stray" }, { protect: true });
                new aws.iam.User("writer", { forceDestroy: true }, options);
                new random.RandomPassword("encryption", { length: 64 });
                const ssh = { protocol: "tcp", fromPort: 22, toPort: 22 };
                new aws.ec2.SecurityGroup("inline", { ingress: [{ ...ssh, cidrBlocks: ["203.0.113.7/32", "0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }] }, options); // prettier-ignore
                new aws.vpc.SecurityGroupIngressRule("wide", { securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 0, toPort: 1024, cidrIpv4: "128.0.0.0/1" }, options); // prettier-ignore
                new aws.ec2.Instance(
                    "server",
                    { ami: "ami-1", instanceType: "t4g.small", rootBlockDevice: {} },
                    options,
                );
                new aws.ebs.Volume("data", { availabilityZone: "eu-central-1a", size: 20 }, options);
                const connection = { host: "192.0.2.1", privateKey: "key" };
                new command.remote.Command("install", { connection, create: "echo K004-a-secret-of-31-characters-x" });
                new command.remote.CopyToRemote("jump", { connection: { ...connection, hostKey, proxy: { host: "192.0.2.2" } }, source: new asset.StringAsset("a"), remotePath: "/a" }); // prettier-ignore
            });
        });

        it("refuses it", () => {
            assert.equal(ruling.refused, true, ruling.output);
        });
        it("names a bucket, and a secret, that are not protected", () => {
            matches(ruling, "protected-storage", /Bucket: replica\).*acme-replica is not protected.*retainOnDelete/, /encryption is not protected/); // prettier-ignore
        });
        it("names what would be emptied by a destroy", () => {
            matches(
                ruling,
                "no-force-destroy",
                /replica has forceDestroy.*leave forceDestroy out/,
                /writer has forceDestroy/,
            );
        });
        it("names a public ACL, a policy for everybody, and a block that is open", () => {
            matches(ruling, "no-public-access", /replica has the ACL public-read/, /policy of open allows everybody/, /half leaves public access open: set restrictPublicBuckets to true/); // prettier-ignore
        });
        it("names each way by which the internet may try to log in", () => {
            matches(
                ruling,
                "no-open-ssh",
                /inline opens SSH \(port 22\) to 0\.0\.0\.0\/0/,
                /inline .* ::\/0/,
                /wide .* 128\.0\.0\.0\/1/,
            );
        });
        it("names an instance whose metadata needs no token, and disks in clear", () => {
            matches(
                ruling,
                "imdsv2",
                /server answers metadata requests without a token: set metadataOptions\.httpTokens/,
            );
            matches(
                ruling,
                "encrypted-volumes",
                /root volume of server is not encrypted/,
                /volume data is not encrypted/,
            );
        });
        it("names what runs on a server of which the key is not known", () => {
            matches(
                ruling,
                "pinned-host-key",
                /install .* set connection\.hostKey/,
                /jump .* set connection\.proxy\.hostKey/,
            );
        });
        it("names a secret on a command line, and does not show it", () => {
            matches(ruling, "secrets-stay-put", /install has the secret slotkeeper:serverSecret in create/);
            assert.doesNotMatch(ruling.by("secrets-stay-put").join(""), /K004/);
        });
        it("names what is made wherever the environment points to", () => {
            matches(ruling, "explicit-provider", /stray names no provider/);
        });
    });

    it("refuses, on AWS, a bucket without a public access block", async () => {
        const ruling = await judge(onAws, () => {
            const options = { provider: amazon(), protect: true };
            const blocked = new aws.s3.Bucket("blocked", {}, options);
            new aws.s3.BucketPublicAccessBlock("block", { bucket: blocked.bucket, ...whole }, options);
            new aws.s3.Bucket("bare", { bucket: "acme-bare" }, options);
        });
        assert.equal(ruling.refused, true);
        matches(
            ruling,
            "public-access-block",
            /acme-bare has no public access block: add an aws\.s3\.BucketPublicAccessBlock/,
        );
    });

    it("refuses a plugin in another version than the one that is pinned", async () => {
        const ruling = await judge(production, () => {
            new random.RandomPet("pet", {}, { version: "4.20.0" });
        });
        assert.equal(ruling.refused, true);
        matches(
            ruling,
            "pinned-plugins",
            /random is used in version 4\.20\.0, and package\.json pins 4\.21\.2: run npm ci/,
        );
    });

    it("refuses what B2 does not have, each with the reason", async () => {
        const ruling = await judge(onB2, () => {
            const options = {
                provider: b2({ skipRequestingAccountId: false, defaultTags: { tags: { team: "a" } } }),
                protect: true,
            };
            const bucket = new aws.s3.Bucket("replica", { bucket: "acme-replica", tags: { team: "a" } }, options);
            const of = { bucket: bucket.bucket };
            new aws.s3.BucketVersioning("versions", { ...of, versioningConfiguration: { status: "Enabled" } }, options);
            new aws.s3.BucketPolicy("policy", { ...of, policy: policy("arn:aws:iam::1:root") }, options);
            new aws.s3.BucketPublicAccessBlock("block", { ...of, ...whole }, options);
            new aws.s3.BucketLifecycleConfiguration("lifecycle", { ...of, rules: [] }, options);
            new aws.ebs.Volume("data", { availabilityZone: "a", size: 8, encrypted: true }, options);
        });
        assert.equal(ruling.refused, true);
        matches(
            ruling,
            "backend-limits",
            /replica sets tags, which B2 does not have/,
            /versions is an aws\.s3\.BucketVersioning, .* always versioned/,
            /policy is an aws\.s3\.BucketPolicy/,
            /block is an aws\.s3\.BucketPublicAccessBlock/,
            /lifecycle .* use lifecycleRules of the bucket/,
            /data is an aws\.ebs\.Volume, .* give it a provider of AWS/,
        );
        matches(
            ruling,
            "foreign-provider",
            /store .* without skipRequestingAccountId: set it to true/,
            /store sets defaultTags/,
        );
    });

    it("refuses a staging that could write: its own storage, keys, secret, and the writer's key", async () => {
        const config = { role: "staging", drill: "true", serverKeyId: "id", storageAdminSecret: "placeholder" };
        const ruling = await judge(config, () => {
            const options = { provider: amazon() };
            new aws.s3.Bucket("own", { bucket: "drill-own" }, options);
            new aws.iam.AccessKey("key", { user: "writer" }, options);
            new random.RandomBytes("secret", { length: 32 });
        });
        assert.equal(ruling.refused, true);
        matches(
            ruling,
            "staging-only-reads",
            /holds slotkeeper:serverKeyId, .* pulumi config rm slotkeeper:serverKeyId --stack test/,
            /holds slotkeeper:storageAdminSecret/,
            /makes own \(aws\.s3\.Bucket\)/,
            /makes key \(aws\.iam\.AccessKey\)/,
            /makes the secret secret/,
        );
    });

    it("refuses a drill that has production's bucket, and lets a drill's own bucket be emptied", async () => {
        const bucket = (name: string) => () => {
            new aws.s3.Bucket(
                "bucket",
                { bucket: name, forceDestroy: true },
                { provider: elsewhere("http://127.0.0.1:9") },
            );
        };
        const wrong = await judge({ ...production, drill: "true" }, bucket("acme-replica"));
        assert.equal(wrong.refused, true);
        matches(wrong, "drill-buckets", /has the bucket acme-replica, which a drill would empty: name it drill-…/);
        const right = await judge({ ...production, drill: "true" }, bucket("drill-replica"));
        assert.equal(right.refused, false, right.output);
    });

    it("lets production on AWS pass when all is right", async () => {
        const ruling = await judge({ ...onAws, serverSecret: "K004-a-secret-of-31-characters-x" }, () => {
            const provider = amazon();
            const kept = { provider, protect: true };
            const bucket = new aws.s3.Bucket("replica", { bucket: "acme-replica", tags: { team: "a" } }, kept);
            const of = { bucket: bucket.bucket };
            new aws.s3.BucketPublicAccessBlock("private", { ...of, ...whole }, kept);
            new aws.s3.BucketPolicy("tls", { ...of, policy: policy("*", "Deny") }, kept);
            new aws.iam.User("writer", {}, { provider });
            new random.RandomPassword("encryption", { length: 64 }, { protect: true });
            const ports = (port: number, networks: string[]) => ({ protocol: "tcp", fromPort: port, toPort: port, cidrBlocks: networks }); // prettier-ignore
            new aws.ec2.SecurityGroup("server", { ingress: [ports(22, ["203.0.113.7/32"]), ports(443, ["0.0.0.0/0"])] }, { provider }); // prettier-ignore
            const secured = { rootBlockDevice: { encrypted: true }, metadataOptions: { httpTokens: "required" } };
            const server = new aws.ec2.Instance("server", { ami: "ami-1", instanceType: "t4g.small", ...secured }, { provider }); // prettier-ignore
            new aws.ebs.Volume("data", { availabilityZone: "a", size: 20, encrypted: true }, { provider });
            const connection = { host: server.publicIp, hostKey, privateKey: "key" };
            new command.remote.Command("apply", { connection, create: "slotkeeper apply", stdin: "K004-a-secret-of-31-characters-x", triggers: [server.id] }); // prettier-ignore
        });
        assert.equal(ruling.refused, false, ruling.output);
    });

    it("lets production on B2 pass when all is right", async () => {
        const ruling = await judge(onB2, () => {
            const options = { provider: b2(), protect: true };
            const lifecycleRules = [{ enabled: true, noncurrentVersionExpiration: { days: 7 } }];
            const bucket = new aws.s3.Bucket("replica", { bucket: "acme-replica", lifecycleRules }, options);
            const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];
            new aws.s3.BucketServerSideEncryptionConfiguration("sse", { bucket: bucket.bucket, rules }, options);
        });
        assert.equal(ruling.refused, false, ruling.output);
    });

    it("judges at up what a preview could not know, before it is made", async () => {
        const program = () => {
            const made = new command.local.Command("machine", { create: `printf '{"host":"192.0.2.1"}'` });
            const connection = made.stdout.apply(
                (text) => JSON.parse(text) as command.types.input.remote.ConnectionArgs,
            );
            new command.remote.Command("install", { connection, create: "true" });
        };
        assert.equal((await judge(production, program)).refused, false);
        const up = await judge(production, program, "up");
        assert.equal(up.refused, true);
        matches(up, "pinned-host-key", /install .* set connection\.hostKey/);
        assert.doesNotMatch(up.output, /dial|192\.0\.2\.1:22/, "the server is never called");
    });
});

const whole = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };

function policy(principal: string, effect = "Allow"): string {
    const statement = { Effect: effect, Principal: principal === "*" ? "*" : { AWS: [principal] }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-replica/*" }; // prettier-ignore
    return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
