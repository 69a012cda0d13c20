import assert from "node:assert/strict";
import { parseConfig } from "../../../components/config.ts";
import { type Fleet, productionConfig, stagingConfig } from "../../../scripts/drill/stack-config.ts";
import type { Cloud, Workshop } from "../../../scripts/drill/world.ts";

const account = (name: string) => ({ keyId: name, secret: `${name}-secret` });
const cloud = {
    run: { id: "20260131T235959-k3f9x2", dir: "/run", env: {} },
    network: { host: (n: number) => `10.0.0.${n}` },
    store: { endpoint: "http://10.0.0.1:7070" },
    accounts: { admin: account("admin"), writer: account("writer"), reader: account("reader") },
    ssh: { privateKey: "private-secret", publicKey: "ssh-ed25519 AAAA" },
    appToken: "token-secret",
    buckets: { replica: "drill-k3f9x2-replicas", snapshot: "drill-k3f9x2-snapshots" },
} as unknown as Cloud;
const workshop = { image: "/image" } as Workshop;
const data: Fleet = {
    app: { archive: "/data.tar", prepare: ["cp"], port: 3000 },
    catalogQuery: "SELECT 1",
    digest: true,
    probes: { global: [], slot: [] },
};

const values = (config: ReturnType<typeof stagingConfig>) =>
    Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]));

describe("the configuration of a drill's two stacks", () => {
    it("is one that the program takes, and marks every secret", () => {
        for (const config of [
            productionConfig(cloud, workshop, data, 15),
            stagingConfig(cloud, workshop, data, "memory"),
        ]) {
            assert.equal(parseConfig(values(config)).drill, true);
            for (const { value, secret } of Object.values(config))
                assert.ok(secret === true || !value.includes("-secret"), value);
        }
    });

    it("gives staging no key of the object store, and no copy of the original databases", () => {
        const staging = values(stagingConfig(cloud, workshop, data, "memory"));
        assert.deepEqual(
            Object.keys(staging).filter((key) => /KeyId|Secret/.test(key)),
            [],
        );
        assert.doesNotMatch(JSON.stringify(staging), /writer|admin|reader|drill-k3f9x2|data\.tar/);
        const served = { ...data, app: { ...data.app, serve: ["/bin/serve"] } };
        assert.match(JSON.stringify(values(stagingConfig(cloud, workshop, served, "memory"))), /data\.tar/);
    });
});
