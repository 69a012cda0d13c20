import assert from "node:assert/strict";
import { parseConfig } from "../../../components/config.ts";
import { type Fleet, productionConfig, stagingConfig } from "../../../scripts/drill/stack-config.ts";
import type { Cloud, Workshop } from "../../../scripts/drill/world.ts";

const account = (name: string) => ({ keyId: name, secret: `${name}-secret` });
const cloud = {
    run: { id: "20260131T235959-k3f9x2", dir: "/run", env: {} },
    network: { host: (n: number) => `10.0.0.${n}` },
    store: { backend: "s3-compatible", endpoint: "http://10.0.0.1:7070", region: "us-east-1" },
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

    it("is one for B2 where the store behaves like it, without the accounts that B2 does not know", () => {
        const store = {
            backend: "b2" as const,
            endpoint: "http://10.0.0.1:7070",
            region: "us-west-004",
            port: 7070,
            countsFile: null,
        };
        const config = parseConfig(values(productionConfig({ ...cloud, store }, workshop, data, 15)));
        assert.ok(config.role === "production" && config.storage.backend === "b2");
        assert.deepEqual([config.storage.endpoint, config.storage.region], ["http://10.0.0.1:7070", "us-west-004"]);
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
