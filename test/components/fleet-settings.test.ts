import assert from "node:assert/strict";

import type { FleetSettingsInput } from "../../components/fleet-settings.ts";
import { fleetSettingsSchema, globalReplicaPath, slotReplicaPath } from "../../components/fleet-settings.ts";

const least: FleetSettingsInput = {
    stack: "prod",
    role: "production",
    dataDir: "/data",
    replica: { endpoint: "https://s3.example.com", region: "eu", bucket: "fleet-replicas" },
    litestream: "/opt/litestream",
};

describe("fleetSettingsSchema", () => {
    it("fills in what is left out", () => {
        const settings = fleetSettingsSchema.parse(least);
        assert.equal(settings.globalFile, "global.db");
        assert.equal(settings.slotsDir, "slots");
        assert.equal(settings.restoreConcurrency, 4);
        assert.equal(settings.owner, null);
        assert.equal(settings.snapshots, null);
        assert.deepEqual(settings.probes, { global: [], slot: [] });
        assert.equal(globalReplicaPath(settings), "global");
        assert.equal(slotReplicaPath(settings, "a"), "slots/a.db");
    });

    it("puts the prefix before every replica", () => {
        const settings = fleetSettingsSchema.parse({ ...least, replica: { ...least.replica, prefix: "eu/1/" } });
        assert.equal(globalReplicaPath(settings), "eu/1/global");
        assert.equal(slotReplicaPath(settings, "a"), "eu/1/slots/a.db");
    });

    it("takes a recipient, or a file with a passphrase, for snapshots", () => {
        for (const encryption of [
            { method: "age", recipient: "age1h7l9qlpcualzuyk3gjchg6hcefxhrl0m34k7ml9nu9vzamxrn44qx0zfgy" },
            { method: "gpg", passphraseFile: "/etc/slotkeeper/snapshot-passphrase" },
        ] as const)
            assert.deepEqual(
                fleetSettingsSchema.parse({ ...least, snapshots: { bucket: "fleet-snapshots", encryption } }).snapshots,
                { bucket: "fleet-snapshots", encryption },
            );
    });

    const snapshots = (encryption: object) => ({ snapshots: { bucket: "fleet-snapshots", encryption } });
    const wrong: [string, object][] = [
        ["an identity where the recipient belongs", snapshots({ method: "age", recipient: "AGE-SECRET-KEY-1QQQ" })],
        ["a passphrase where its file belongs", snapshots({ method: "gpg", passphrase: "x" })],
        ["an unknown method", snapshots({ method: "none" })],
        ["an unknown key", { dataDirectory: "/data" }],
        ["an unknown role", { role: "test" }],
        ["a relative data folder", { dataDir: "data" }],
        ["a data folder with ..", { dataDir: "/data/../etc" }],
        ["a global file elsewhere", { globalFile: "../global.db" }],
        ["a slots folder that is a path", { slotsDir: "a/b" }],
        ["no concurrency", { restoreConcurrency: 0 }],
        ["an endpoint that is no URL", { replica: { ...least.replica, endpoint: "s3.example.com" } }],
        ["a prefix without its slash", { replica: { ...least.replica, prefix: "eu" } }],
        ["an unknown key of the replica", { replica: { ...least.replica, accessKey: "x" } }],
    ];
    for (const [what, change] of wrong) {
        it(`refuses ${what}`, () => {
            assert.equal(fleetSettingsSchema.safeParse({ ...least, ...change }).success, false);
        });
    }
});
