import assert from "node:assert/strict";
import { parseConfig } from "../../../components/config.ts";
import { neededSecrets, placeholder, secretProblems } from "../../../components/config/secrets.ts";

const server = JSON.stringify({ kind: "ssh", host: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" });
const buckets = { replicaBucket: "acme-replicas", snapshotBucket: "acme-snapshots" };
const production = (storage: object, more: Record<string, string> = {}) => ({
    "slotkeeper:role": "production",
    "slotkeeper:storage": JSON.stringify({ ...storage, ...buckets }),
    "slotkeeper:server": server,
    ...more,
});
const b2 = { backend: "b2", region: "us-west-004" };
const minio = { backend: "s3-compatible", endpoint: "https://s3.example.com" };
const aws = { backend: "aws", region: "eu-central-1" };
const staging = {
    "slotkeeper:role": "staging",
    "slotkeeper:drill": "true",
    "slotkeeper:production": "prod",
    "slotkeeper:server": server,
};
/** A whole set of secrets, each as B2 makes them. */
const good = {
    "slotkeeper:storageAdminKeyId": "00512f95cf4dcf0000000001a",
    "slotkeeper:storageAdminSecret": "K005admin",
    "slotkeeper:serverKeyId": "00512f95cf4dcf0000000002b",
    "slotkeeper:serverSecret": "K005server",
    "slotkeeper:recoveryKeyId": "00512f95cf4dcf0000000003c",
    "slotkeeper:recoverySecret": "K005recovery",
    "slotkeeper:sshPrivateKey": "private",
};

const problems = (raw: Record<string, string>, preview = false) => secretProblems(parseConfig(raw), raw, preview);

describe("the secrets of a stack", () => {
    it("are three keys and the way in where the store has keys of its own", () => {
        assert.deepEqual(problems(production(minio, good)), []);
        assert.equal(neededSecrets(parseConfig(production(minio))).length, 7);
    });

    it("are the provisioner's key alone at B2's first up, which makes the buckets that the other keys are limited to", () => {
        assert.deepEqual(problems(production(b2, good)), []);
        assert.deepEqual(neededSecrets(parseConfig(production(b2))), [
            "sshPrivateKey",
            "storageAdminKeyId",
            "storageAdminSecret",
        ]);
    });

    it("are only the way in on AWS, which makes the keys, and in staging, which gets its key from production", () => {
        for (const raw of [production(aws), staging])
            assert.deepEqual(neededSecrets(parseConfig(raw)), ["sshPrivateKey"]);
        assert.deepEqual(problems({ ...staging, "slotkeeper:sshPrivateKey": "private" }), []);
    });

    it("include the app's token where there is an app", () => {
        const app = { "slotkeeper:app": JSON.stringify({ archive: "app.tar.gz" }) };
        assert.ok(neededSecrets(parseConfig({ ...staging, ...app })).includes("appToken"));
    });

    it("are each named when they are missing, with the command that sets them", () => {
        const rest = Object.entries(good).filter(([key]) => key !== "slotkeeper:serverSecret");
        const found = problems(production(minio, Object.fromEntries(rest)));
        assert.match(found.join("\n"), /serverSecret is not set: .*pulumi config set --secret slotkeeper:serverSecret/);
        assert.match(found.join("\n"), /serverKeyId and serverSecret go together/);
    });

    it("may be placeholders in a preview, never at an up", () => {
        const dummies = Object.fromEntries(Object.keys(good).map((key) => [key, placeholder]));
        assert.deepEqual(problems(production(minio, dummies), true), []);
        const found = problems(production(minio, dummies));
        assert.equal(found.length, 7);
        assert.match(found[0] ?? "", /sshPrivateKey is still the placeholder/);
    });

    it("refuse B2's master key, which its S3 API does not take, naming the id and what to do", () => {
        const found = problems(production(b2, { ...good, "slotkeeper:serverKeyId": "12f95cf4dcf0" }));
        assert.match(found.join("\n"), /serverKeyId is "12f95cf4dcf0": .*master key.*make an application key/);
        assert.deepEqual(problems(production(minio, { ...good, "slotkeeper:serverKeyId": "12f95cf4dcf0" })), []);
    });

    it("are never one key for two purposes: the provisioner's does not belong on a server", () => {
        const raw = production(b2, { ...good, "slotkeeper:serverKeyId": good["slotkeeper:storageAdminKeyId"] });
        assert.match(problems(raw).join("\n"), /serverKeyId is .*, the same key as storageAdminKeyId/);
    });

    it("stand in no message", () => {
        const wrong = { ...good, "slotkeeper:serverKeyId": "12f95cf4dcf0", "slotkeeper:recoveryKeyId": "12f95cf4dcf0" };
        const text = problems(production(b2, wrong)).join("\n");
        assert.ok(text.length > 0 && !/K005|private/.test(text), text);
    });
});
