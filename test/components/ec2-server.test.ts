import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import type { Server } from "../../components/server.ts";
import { type Registered, record, rememberOptions } from "../support/recorder.ts";
import { newKeyPair } from "../support/ssh-key.ts";

const key = newKeyPair();
const server = {
    kind: "ec2",
    region: "eu-central-1",
    sshFrom: ["203.0.113.7/32", "2001:db8::/48"],
    publicPorts: [443],
};
const shared = { "slotkeeper:sshPrivateKey": key.private };
const production = {
    ...shared,
    "slotkeeper:role": "production",
    "slotkeeper:storage": JSON.stringify({
        backend: "s3-compatible",
        endpoint: "https://s3.example.com",
        replicaBucket: "drill-replicas",
        snapshotBucket: "drill-snapshots",
    }),
};
const staging = {
    ...shared,
    "slotkeeper:role": "staging",
    "slotkeeper:drill": "true",
    "slotkeeper:production": "prod",
    "slotkeeper:lifetimeMinutes": "45",
};

interface Plan {
    readonly resources: readonly Registered[];
    readonly options: ReadonlyMap<string, pulumi.CustomResourceOptions>;
    readonly lookups: Record<string, unknown>[];
    readonly server: Server;
    readonly address: unknown;
    readonly instance: unknown;
}

/** What a server of that stack is made of; `more` is changed about it, and `after` built on it. */
async function plan(
    stack: Record<string, string>,
    more: object = {},
    after: (server: Server, transformations: pulumi.ResourceTransformation[]) => Promise<void> = async () => {},
): Promise<Plan> {
    const config = {
        ...stack,
        "slotkeeper:server": JSON.stringify({ ...server, ...more }),
    };
    const { options, transformations } = rememberOptions();
    const lookups: Record<string, unknown>[] = [];
    let made: Pick<Plan, "server" | "address" | "instance"> | undefined;
    const resources = await record(
        config,
        async () => {
            const { Server } = await import("../../components/server.ts");
            const { parseConfig } = await import("../../components/config.ts");
            const where = new Server("server", parseConfig(config), { transformations });
            await where.found;
            const value = (output: pulumi.Output<unknown>) => new Promise<unknown>((done) => output.apply(done));
            const [address, instance] = [await value(where.address), await value(where.instance)];
            made = { server: where, address, instance };
            await after(where, transformations);
        },
        {
            outputs: (type, name) => {
                if (type === "aws:ec2/vpc:Vpc") return { ipv6CidrBlock: "2001:db8:1:5600::/56" };
                if (type === "aws:ec2/instance:Instance") return { publicIp: "198.51.100.1" };
                if (type === "aws:ec2/eip:Eip") return { publicIp: "198.51.100.99" };
                return name === "server-ec2-host-key" ? { stdout: "ssh-ed25519 AAAAhost\n" } : {};
            },
            lookUp: (token, args) => {
                if (token !== "aws:ec2/getAmi:getAmi") return undefined;
                lookups.push(args);
                return { id: "ami-debian" };
            },
        },
    );
    if (made === undefined) throw new Error("no server was made");
    return { resources, options, lookups, ...made };
}

const typed = (resources: readonly Registered[], type: string) => resources.filter((one) => one.type === type);
function only(resources: readonly Registered[], type: string): Registered {
    const found = typed(resources, type);
    assert.equal(found.length, 1, `${type}: ${found.length}`);
    return found[0] as Registered;
}
const inputsOf = (resources: readonly Registered[], type: string) => only(resources, type).inputs;

interface Rule {
    fromPort: number;
    toPort: number;
    protocol: string;
    cidrBlocks: string[];
    ipv6CidrBlocks: string[];
}
const rules = (resources: readonly Registered[], way: "ingress" | "egress") =>
    inputsOf(resources, "aws:ec2/securityGroup:SecurityGroup")[way] as Rule[];

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";

describe("a server on EC2", function () {
    this.timeout(60_000);
    let prod: Plan;
    let stag: Plan;
    before(async () => {
        prod = await plan(production);
        stag = await plan(staging, { volumeGb: 40 });
    });

    it("lets nobody log in but the networks that are named, in either role", () => {
        for (const { resources } of [prod, stag]) {
            const ssh = rules(resources, "ingress").filter(({ fromPort, toPort }) => fromPort <= 22 && toPort >= 22);
            assert.equal(ssh.length, 1);
            assert.deepEqual(ssh[0]?.cidrBlocks, ["203.0.113.7/32"]);
            assert.deepEqual(ssh[0].ipv6CidrBlocks, ["2001:db8::/48"]);
        }
    });

    it("opens the app's ports to everybody in production, and no port at all in staging", () => {
        const open = (resources: readonly Registered[]) =>
            rules(resources, "ingress").filter(({ cidrBlocks }) => cidrBlocks.includes("0.0.0.0/0"));
        assert.deepEqual(open(prod.resources).map(({ fromPort, toPort, protocol }) => [fromPort, toPort, protocol]), [[443, 443, "tcp"]]); // prettier-ignore
        assert.deepEqual(open(stag.resources), []);
        assert.equal(rules(stag.resources, "ingress").length, 1);
        assert.equal(rules(stag.resources, "egress").length, 1);
    });

    it("answers IMDS only with a token and only itself, and has an encrypted root volume that goes with it", () => {
        for (const [{ resources }, gb] of [
            [prod, 12],
            [stag, 40],
        ] as const) {
            // prettier-ignore
            const instance = inputsOf(resources, INSTANCE);
            assert.deepEqual(instance["metadataOptions"], { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 }); // prettier-ignore
            const root = instance["rootBlockDevice"] as Record<string, unknown>;
            assert.deepEqual([root["encrypted"], root["volumeType"], root["deleteOnTermination"], root["volumeSize"]], [true, "gp3", true, gb]); // prettier-ignore
        }
    });

    it("keeps production's databases on an encrypted volume that outlives the server and the stack", () => {
        const volume = only(prod.resources, VOLUME);
        assert.equal(volume.inputs["encrypted"], true);
        assert.equal(volume.inputs["type"], "gp3");
        assert.equal(volume.inputs["size"], 20);
        assert.equal(volume.inputs["availabilityZone"], "eu-central-1a");
        const { protect, retainOnDelete } = prod.options.get(volume.name) ?? {};
        assert.deepEqual([protect, retainOnDelete], [true, true]);
        const attachment = inputsOf(prod.resources, ATTACHMENT);
        assert.equal(attachment["stopInstanceBeforeDetaching"], true);
        assert.match(String(inputsOf(prod.resources, INSTANCE)["userData"]), /nvme-Amazon_Elastic_Block_Store_serverec2-data-id/); // prettier-ignore
    });

    it("makes the volume of a drill's production removable", async () => {
        const drill = await plan({ ...production, "slotkeeper:drill": "true" });
        const { protect, retainOnDelete } = drill.options.get(only(drill.resources, VOLUME).name) ?? {};
        assert.deepEqual([protect, retainOnDelete], [false, false]);
    });

    it("gives the volume up before another server gets it", () => {
        for (const type of [INSTANCE, ATTACHMENT])
            assert.equal(prod.options.get(only(prod.resources, type).name)?.deleteBeforeReplace, true);
    });

    it("gives staging no data volume, no lasting address and no record, and ends it by itself", () => {
        for (const type of [VOLUME, ATTACHMENT, "aws:ec2/eip:Eip", "aws:route53/record:Record"])
            assert.deepEqual(typed(stag.resources, type), []);
        const instance = inputsOf(stag.resources, INSTANCE);
        assert.equal(instance["instanceInitiatedShutdownBehavior"], "terminate");
        assert.match(String(instance["userData"]), /OnBootSec=45min/);
        assert.equal(inputsOf(prod.resources, INSTANCE)["instanceInitiatedShutdownBehavior"], "stop");
        assert.doesNotMatch(String(inputsOf(prod.resources, INSTANCE)["userData"]), /poweroff/);
    });

    it("never replaces production's server for a newer Debian or another first boot", () => {
        const ignored = (of: Plan) => of.options.get(only(of.resources, INSTANCE).name)?.ignoreChanges;
        assert.deepEqual(ignored(prod), ["ami", "userData"]);
        assert.deepEqual(ignored(stag), ["ami"]);
        assert.equal(inputsOf(prod.resources, INSTANCE)["userDataReplaceOnChange"], undefined);
    });

    it("looks Debian 13 up for the server's processor, from Debian's own account", async () => {
        const arm = prod.lookups[0];
        assert.deepEqual([arm?.["owners"], arm?.["mostRecent"]], [["136693071363"], true]);
        const name = (lookup: Record<string, unknown> | undefined) =>
            (lookup?.["filters"] as { name: string; values: string[] }[]).find((filter) => filter.name === "name")
                ?.values;
        assert.deepEqual(name(arm), ["debian-13-arm64-*"]);
        assert.deepEqual(name((await plan(staging, { instanceType: "t3.small" })).lookups[0]), ["debian-13-amd64-*"]);
        assert.equal(inputsOf(prod.resources, INSTANCE)["ami"], "ami-debian");
    });

    it("puts the public half of the key on it, and the private half nowhere", () => {
        const publicKey = key.public.split(" ").slice(0, 2).join(" ");
        assert.equal(inputsOf(prod.resources, "aws:ec2/keyPair:KeyPair")["publicKey"], publicKey);
        const secret = key.private.split("\n")[2] ?? "";
        assert.ok(secret.length > 30);
        assert.ok(prod.resources.every(({ inputs }) => !JSON.stringify(inputs).includes(secret)));
    });

    it("is reached as root at its address with the host key that it said, and its id tells it from another", () => {
        assert.deepEqual(prod.address, {
            host: "198.51.100.1",
            port: 22,
            user: "root",
            hostKey: "ssh-ed25519 AAAAhost",
        });
        assert.equal(prod.instance, "server-ec2-instance-id");
        const command = prod.resources.find(({ name }) => name === "server-ec2-host-key")?.inputs;
        assert.match(String(command?.["create"]), /scripts\/slotkeeper\.ts ec2-host-key --instance server-ec2-instance-id --region eu-central-1$/); // prettier-ignore
        assert.doesNotMatch(JSON.stringify(command), /\/work|\/home|\/root/);
        assert.deepEqual(command?.["triggers"], ["server-ec2-instance-id"]);
        assert.match(String(command["update"]), /PULUMI_COMMAND_STDOUT/);
    });

    it("makes an address that stays only where it is asked for, and is reached there", async () => {
        assert.deepEqual(typed(prod.resources, "aws:ec2/eip:Eip"), []);
        const lasting = await plan(production, { elasticIp: true });
        assert.equal((lasting.address as { host: string }).host, "198.51.100.99");
        const association = inputsOf(lasting.resources, "aws:ec2/eipAssociation:EipAssociation");
        assert.equal(association["instanceId"], "server-ec2-instance-id");
    });

    it("names its provider for everything on AWS", () => {
        for (const { resources } of [prod, stag])
            for (const { type, name, provider } of resources)
                if (type.startsWith("aws:")) assert.match(provider ?? "", /::server-ec2-aws::/, name);
    });

    it("makes the record only where it is asked for, and never in staging", async () => {
        assert.deepEqual(typed(prod.resources, "aws:route53/record:Record"), []);
        const dns = { zoneId: "Z1", name: "app.example.com" };
        await assert.rejects(plan(staging, { dns }), /slotkeeper:server\.dns: cannot be in staging/);
        const named = await plan(production, { dns }, async (where, transformations) => {
            const { Dns } = await import("../../components/dns.ts");
            new Dns("dns", { server: where, record: { ...dns, ttl: 60 } }, { transformations });
        });
        const record = only(named.resources, "aws:route53/record:Record");
        assert.deepEqual([record.inputs["zoneId"], record.inputs["name"], record.inputs["type"], record.inputs["records"]], ["Z1", "app.example.com", "A", ["198.51.100.1"]]); // prettier-ignore
        assert.match(record.provider ?? "", /::server-ec2-aws::/);
    });

    it("never dials a server that goes, for anything that is on it", async () => {
        const made = await plan(production, {}, async (where, transformations) => {
            const [{ Recovery }, { applied }] = await Promise.all([
                import("../../components/recovery.ts"),
                import("../../components/apply.ts"),
            ]);
            const recovery = new Recovery("recovery", { server: where, mayBeNew: true, dataDir: "/app/data" }, { transformations }); // prettier-ignore
            applied("files", where, { files: [] }, { transformations });
            await new Promise((done) => recovery.summary.apply(done));
        });
        const remote = made.resources.filter(({ type }) => type.startsWith("command:"));
        assert.deepEqual(remote.map(({ name }) => name).sort(), ["files", "recovery-restore", "server-ec2-host-key"]);
        for (const { name } of remote)
            assert.equal(made.options.get(name)?.deletedWith, made.server.remote.deletedWith);
        assert.ok(made.server.remote.deletedWith !== undefined);
    });

    it("holds no secret in its user data", () => {
        for (const { resources } of [prod, stag]) {
            const text = String(inputsOf(resources, INSTANCE)["userData"]);
            assert.ok(Array.isArray((load(text) as { runcmd: unknown }).runcmd));
            assert.doesNotMatch(text, /KEY-----[^]*KEY-----|SECRET|token/i);
        }
    });

    it("refuses a key that is none, and shows nothing of it", async () => {
        const { publicKeyOf } = await import("../../components/ec2-server.ts");
        assert.throws(
            () => publicKeyOf("hunter2"),
            (error: Error) => /slotkeeper:sshPrivateKey cannot be used: it is not a private key/.test(error.message) && !error.message.includes("hunter2"), // prettier-ignore
        );
    });
});

describe("a server that is there already", () => {
    it("is taken as it is: nothing is made, and nothing of it goes with anything", async () => {
        const ssh = { kind: "ssh", host: "192.0.2.7", user: "root", hostKey: "ssh-ed25519 AAAA" };
        const config = { ...staging, "slotkeeper:server": JSON.stringify(ssh) };
        let remote: unknown;
        const resources = await record(config, async () => {
            const { Server } = await import("../../components/server.ts");
            const { parseConfig } = await import("../../components/config.ts");
            const where = new Server("server", parseConfig(config));
            await where.found;
            remote = where.remote;
            assert.equal(where.provider, undefined);
        });
        assert.deepEqual(resources.map(({ type }) => type), ["slotkeeper:index:Server"]); // prettier-ignore
        assert.deepEqual(remote, {});
    });
});
