import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { parseConfig } from "../../components/config.ts";
import { archOf } from "../../components/config/server.ts";

const staging = {
    "slotkeeper:drill": "true",
    "slotkeeper:role": "staging",
    "slotkeeper:production": "organization/slotkeeper/prod",
    "slotkeeper:server": JSON.stringify({ kind: "ssh", host: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" }),
};
const production = {
    "slotkeeper:role": "production",
    "slotkeeper:storage": JSON.stringify({
        backend: "s3-compatible",
        endpoint: "https://s3.us-west-004.backblazeb2.com",
        region: "us-west-004",
        replicaBucket: "acme-replicas",
        snapshotBucket: "acme-snapshots",
    }),
    "slotkeeper:server": staging["slotkeeper:server"],
};

const withStorage = (change: object) => ({
    ...production,
    "slotkeeper:storage": JSON.stringify({ ...(JSON.parse(production["slotkeeper:storage"]) as object), ...change }),
});
const ec2 = { kind: "ec2", region: "eu-central-1", sshFrom: ["203.0.113.7/32", "2001:db8::/48"] };
const withServer = (change: object) => ({ ...production, "slotkeeper:server": JSON.stringify({ ...ec2, ...change }) });

describe("the configuration of a stack", () => {
    it("needs little: everything else has a default", () => {
        const config = parseConfig(production);
        assert.equal(config.role === "production" && config.rpoSeconds, 15);
        assert.equal(config.fleet.catalogQuery, "SELECT id FROM slots WHERE active = 1");
        assert.equal(config.drill, false);
    });

    it("takes each backend and each kind of server", () => {
        for (const storage of [
            { backend: "b2", region: "us-west-004" },
            { backend: "aws", region: "eu-central-1", snapshotLock: { days: 30 } },
            { backend: "s3-compatible", endpoint: "http://127.0.0.1:9000", accounts: { writer: "w", reader: "r" } },
        ]) {
            const buckets = { replicaBucket: "acme-replicas", snapshotBucket: "acme-snapshots" };
            parseConfig({ ...production, "slotkeeper:storage": JSON.stringify({ ...storage, ...buckets }) });
        }
        parseConfig(withServer({ dns: { zoneId: "Z1", name: "app.example.com" }, elasticIp: true }));
    });

    it("knows the processor of an instance type", () => {
        const of = (instanceType: string) => archOf(parseConfig(withServer({ instanceType })).server);
        for (const type of ["t4g.small", "c7gn.large", "im4gn.large", "m7gd.xlarge", "a1.large"])
            assert.equal(of(type), "arm64");
        for (const type of ["t3.small", "m7i.large", "c7a.large", "g4dn.xlarge", "g5.xlarge"])
            assert.equal(of(type), "x64");
    });

    it("is what the shared stack files hold, but for their placeholders", () => {
        for (const name of ["prod", "staging", "local-prod"]) {
            const { config } = load(readFileSync(`Pulumi.${name}.yaml`, "utf8")) as { config: Record<string, unknown> };
            const raw = Object.entries(config).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]);
            parseConfig(Object.fromEntries(raw) as Record<string, string>);
        }
    });

    it("leaves keys of other namespaces, and secrets, alone", () => {
        parseConfig({ ...production, "aws:region": "us-east-1", "slotkeeper:serverSecret": "s3cret" });
    });

    const wrong: [string, Record<string, string>, RegExp][] = [
        ["an unknown key", { ...production, "slotkeeper:rpoSecond": "10" }, /rpoSecond/],
        [
            "a wrong value, with what is expected",
            { ...production, "slotkeeper:rpoSeconds": "1" },
            /slotkeeper:rpoSeconds is 1: .*3/,
        ],
        ["a missing role", { "slotkeeper:server": staging["slotkeeper:server"] }, /slotkeeper:role is not set/],
        [
            "a bucket in staging: it owns none",
            { ...staging, "slotkeeper:storage": production["slotkeeper:storage"] },
            /storage/,
        ],
        [
            "a bucket name that B2 refuses",
            {
                ...production,
                "slotkeeper:storage": production["slotkeeper:storage"].replace("acme-replicas", "b2-replicas"),
            },
            /storage\.replicaBucket is "b2-replicas": .*must not start with b2-/,
        ],
        [
            "a host key that is none",
            { ...staging, "slotkeeper:server": '{"kind":"ssh","host":"h","hostKey":"AAAA"}' },
            /server\.hostKey is "AAAA"/,
        ],
        [
            "a backend that is none",
            withStorage({ backend: "b3" }),
            /storage\.backend is "b3": must have backend: "b2", "aws"/,
        ],
        [
            "a region that is not B2's",
            withStorage({ backend: "b2", region: "us-east-1" }),
            /region is "us-east-1": .*us-west-004/,
        ],
        [
            "one bucket for both purposes",
            withStorage({ snapshotBucket: "acme-replicas" }),
            /snapshotBucket is "acme-replicas": must be another bucket/,
        ],
        [
            "an endpoint for B2 outside a drill",
            withStorage({ backend: "b2", region: "us-west-004" }),
            /storage\.endpoint is "https:.*s3-compatible/,
        ],
        [
            "SSH from everywhere",
            withServer({ sshFrom: ["0.0.0.0/0"] }),
            /server\.sshFrom\.0 is "0\.0\.0\.0\/0": .*your own address/,
        ],
        [
            "SSH from everywhere by IPv6",
            withServer({ sshFrom: ["::/0"] }),
            /server\.sshFrom\.0 is "::\/0": .*your own address/,
        ],
        [
            "SSH from a good part of the internet",
            withServer({ sshFrom: ["10.0.0.0/8"] }),
            /sshFrom\.0 is "10\.0\.0\.0\/8"/,
        ],
        [
            "a network that is none",
            withServer({ sshFrom: ["203.0.113.7"] }),
            /sshFrom\.0 is "203\.0\.113\.7": must be a network/,
        ],
        ["SSH among the public ports", withServer({ publicPorts: [22] }), /publicPorts\.0 is 22: .*sshFrom/],
        ["nobody who may log in", withServer({ sshFrom: [] }), /sshFrom: must name at least one network/],
        [
            "a staging that is no drill",
            { ...staging, "slotkeeper:drill": "false" },
            /slotkeeper:drill is false: must be true for staging/,
        ],
        [
            "Object Lock in a drill, which could then not be destroyed",
            {
                ...withStorage({
                    replicaBucket: "drill-1-replicas",
                    snapshotBucket: "drill-1-snapshots",
                    snapshotLock: { days: 1 },
                }),
                "slotkeeper:drill": "true",
            },
            /storage\.snapshotLock: cannot be/,
        ],
    ];
    for (const [title, raw, message] of wrong)
        it(`refuses ${title}`, () => {
            assert.throws(() => parseConfig(raw), message);
        });

    it("never repeats a secret in a message", () => {
        assert.throws(
            () => parseConfig({ ...production, "slotkeeper:nonsense": "1", "slotkeeper:serverSecret": "hunter2" }),
            (error: Error) => !error.message.includes("hunter2"),
        );
    });

    it("never shows a value of a key it does not know: it may be a secret's, misspelt", () => {
        const storage = JSON.parse(production["slotkeeper:storage"]) as object;
        for (const raw of [
            { ...production, "slotkeeper:serverSecert": "hunter2" },
            { ...production, "slotkeeper:storage": JSON.stringify({ ...storage, secret: "hunter2" }) },
        ])
            assert.throws(
                () => parseConfig(raw),
                (error: Error) => /serverSecert|storage/.test(error.message) && !error.message.includes("hunter2"),
            );
    });

    it("takes for a drill's only buckets whose names say so, too: a drill empties them at its end", () => {
        const drill = { ...production, "slotkeeper:drill": "true" };
        assert.throws(() => parseConfig(drill), /storage\.replicaBucket is "acme-replicas": .*drill-/);
        parseConfig({
            ...drill,
            "slotkeeper:storage": production["slotkeeper:storage"].replaceAll("acme-", "drill-1-"),
        });
    });
});
