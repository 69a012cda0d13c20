import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { EncryptionSecret } from "../../components/encryption-secret.ts";
import { ageIdentity, ageRecipient, gpgPassphrase } from "../../components/render/snapshot-secret.ts";
import { type Registered, record } from "../support/recorder.ts";

type Encryption = { method: "age" | "gpg"; generation: number };

/** What the component makes, the options of each child, and what a server with it gets. */
async function build(encryption: Encryption, disposable = false) {
    const options = new Map<string, pulumi.CustomResourceOptions>();
    let made: EncryptionSecret | undefined;
    const resources = await record({ "slotkeeper:sshPrivateKey": "key" }, async () => {
        const { EncryptionSecret } = await import("../../components/encryption-secret.ts");
        const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
            options.set(name, opts);
            return undefined;
        };
        made = new EncryptionSecret("encryption", { encryption, disposable }, { transformations: [remember] });
        await onServer(made);
    });
    assert.ok(made !== undefined);
    return { resources, options, made };
}

async function onServer({ serverKey }: EncryptionSecret): Promise<void> {
    const { parseConfig } = await import("../../components/config.ts");
    const { Runtime } = await import("../../components/runtime.ts");
    const { Server } = await import("../../components/server.ts");
    const location = {
        backend: "s3-compatible" as const,
        endpoint: "https://s3.example.com",
        region: "us-west-004",
        replicaBucket: "acme-replicas",
        snapshotBucket: "acme-snapshots",
    };
    const config = parseConfig({
        "slotkeeper:role": "production",
        "slotkeeper:storage": JSON.stringify(location),
        "slotkeeper:server": JSON.stringify({ kind: "ssh", host: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" }),
    });
    const backups = {
        location: pulumi.output(location),
        serverKey: pulumi.secret({ keyId: "writer", secret: "writer's" }),
        snapshotKey: serverKey,
        exports: {},
    };
    const artifact = { path: import.meta.filename, hash: "0000000000000000" };
    new Runtime("runtime", { server: new Server("server", config), artifact, backups, config });
    await new Promise((done) => serverKey.apply(done));
}

const passwords = (resources: readonly Registered[]) =>
    resources.filter(({ type }) => type === "random:index/randomPassword:RandomPassword");

/** The files that the server is given: path → content and mode. */
function files(resources: readonly Registered[]) {
    const settings = resources.find(({ name }) => name === "runtime-settings");
    assert.ok(settings !== undefined);
    const stdin = settings.inputs["stdin"];
    const text = typeof stdin === "string" ? stdin : (stdin as { value: string }).value;
    const desired = JSON.parse(text) as { files: { path: string; mode: string; content: string; owner?: string }[] };
    return new Map(desired.files.map((file) => [file.path, file]));
}

function settingsOf(resources: readonly Registered[]): unknown {
    const content = files(resources).get("/etc/slotkeeper/fleet.json")?.content ?? "";
    return (JSON.parse(content) as { snapshots: unknown }).snapshots;
}

const value = <T>(output: pulumi.Output<T>) => new Promise<T>((done) => output.apply(done));

describe("EncryptionSecret", () => {
    it("makes one secret in the first generation, whose id shows nothing of it", async () => {
        const { resources } = await build({ method: "age", generation: 1 });
        assert.deepEqual(
            passwords(resources).map(({ name, inputs }) => [name, inputs]),
            [["encryption-password", { length: 64, special: false }]],
        );
        assert.equal(
            resources.some(({ type }) => type.includes("RandomBytes")),
            false,
        );
    });

    for (const method of ["age", "gpg"] as const)
        it(`keeps the older secret in the second generation, and protects both (${method})`, async () => {
            const { resources, options } = await build({ method, generation: 2 });
            assert.deepEqual(
                passwords(resources).map(({ name }) => name),
                ["encryption-password", "encryption-password-2"],
            );
            for (const { name } of passwords(resources)) {
                assert.equal(options.get(name)?.protect, true, name);
                assert.equal(options.get(name)?.retainOnDelete, true, name);
                assert.deepEqual(options.get(name)?.ignoreChanges, ["*"], name);
            }
        });

    it("protects nothing of a drill", async () => {
        const { resources, options } = await build({ method: "age", generation: 2 }, true);
        for (const { name } of passwords(resources)) {
            assert.equal(options.get(name)?.protect, false, name);
            assert.equal(options.get(name)?.retainOnDelete, false, name);
            assert.deepEqual(options.get(name)?.ignoreChanges, ["*"], name);
        }
    });

    it("exports every generation, newest first, as a secret", async () => {
        for (const method of ["age", "gpg"] as const) {
            const { made } = await build({ method, generation: 2 });
            const [newer, older] = ["secret of encryption-password-2", "secret of encryption-password"];
            assert.deepEqual(await value(made.identities), [
                { generation: 2, identity: ageIdentity(newer), passphrase: gpgPassphrase(newer) },
                { generation: 1, identity: ageIdentity(older), passphrase: gpgPassphrase(older) },
            ]);
            assert.equal(await pulumi.isSecret(made.identities), true);
        }
    });

    it("says openly how new snapshots are encrypted", async () => {
        const { made } = await build({ method: "age", generation: 2 });
        const recipient = await ageRecipient(ageIdentity("secret of encryption-password-2"));
        assert.deepEqual(await value(made.encryption), { method: "age", recipient, generation: 2 });
        assert.equal(await pulumi.isSecret(made.encryption), false);
        const other = await build({ method: "gpg", generation: 1 });
        assert.deepEqual(await value(other.made.encryption), { method: "gpg", recipient: null, generation: 1 });
        assert.equal(await pulumi.isSecret(other.made.encryption), false);
    });

    it("gives the server of age the newest recipient, and nothing that decrypts", async () => {
        for (const generation of [1, 2]) {
            const { resources, made } = await build({ method: "age", generation });
            assert.deepEqual(settingsOf(resources), {
                bucket: "acme-snapshots",
                encryption: { method: "age", recipient: (await value(made.encryption)).recipient },
            });
            assert.deepEqual([...files(resources).keys()], ["/etc/slotkeeper/fleet.json", "/etc/slotkeeper/store.env"]);
            const all = JSON.stringify(resources);
            for (const { identity, passphrase } of await value(made.identities))
                for (const secret of [identity, passphrase]) assert.equal(all.includes(secret), false);
            assert.equal(all.includes("secret of encryption-password"), false);
            assert.equal(await pulumi.isSecret(made.serverKey), false);
        }
    });

    it("gives the server of gpg the newest passphrase, in a file for root alone, and no identity", async () => {
        const { resources, made } = await build({ method: "gpg", generation: 2 });
        const path = "/etc/slotkeeper/snapshot-passphrase";
        assert.deepEqual(settingsOf(resources), {
            bucket: "acme-snapshots",
            encryption: { method: "gpg", passphraseFile: path },
        });
        const [newest, older] = await value(made.identities);
        assert.deepEqual(files(resources).get(path), { path, mode: "0600", content: `${newest?.passphrase ?? ""}\n` });
        const all = JSON.stringify(resources);
        assert.equal(all.includes(older?.passphrase ?? ""), false);
        assert.equal(/AGE-SECRET-KEY|secret of encryption-password/.test(all), false);
        assert.equal(await pulumi.isSecret(made.serverKey), true);
    });
});
