import assert from "node:assert/strict";
import { parseConfig } from "../../components/config.ts";

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

describe("the configuration of a stack", () => {
    it("needs little: everything else has a default", () => {
        const config = parseConfig(production);
        assert.equal(config.role === "production" && config.rpoSeconds, 15);
        assert.equal(config.fleet.catalogQuery, "SELECT id FROM slots WHERE active = 1");
        assert.equal(config.drill, false);
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
