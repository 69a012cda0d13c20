import assert from "node:assert/strict";
import { load } from "js-yaml";
import { assertGolden } from "../../support/golden.ts";
import { renderedLitestream } from "../../support/rendered-litestream.ts";

/** Litestream ignores a key that it does not know, silently: these are those that 0.5.18 knows and we use (cmd/litestream/main.go). */
const known = {
    top: ["socket", "levels", "snapshot", "l0-retention", "l0-retention-check-interval", "verify-compaction", "shutdown-timeout", "logging", "dbs"], // prettier-ignore
    database: ["path", "dir", "pattern", "watch", "monitor-interval", "replica"],
    replica: ["type", "endpoint", "region", "bucket", "path", "force-path-style", "sign-payload", "require-content-md5", "sync-interval"], // prettier-ignore
};

type Replica = Record<string, unknown>;
interface Config {
    dbs: [{ replica: Replica }];
}
const configOf = (name: string) => load(renderedLitestream().get(name) ?? assert.fail(name)) as Config;
const replicaOf = (name: string): Replica => configOf(name).dbs[0].replica;

describe("litestream.yml of each backend", () => {
    for (const [name, text] of renderedLitestream()) {
        it(`is ${name}`, () => {
            assertGolden(name, text);
        });

        it(`has in ${name} only keys that Litestream knows`, () => {
            const config = configOf(name);
            const unknown = (keys: object, list: readonly string[]) => Object.keys(keys).filter((key) => !list.includes(key)); // prettier-ignore
            assert.deepEqual(unknown(config, known.top), []);
            assert.deepEqual(unknown(config.dbs[0], known.database), []);
            assert.deepEqual(unknown(config.dbs[0].replica, known.replica), []);
        });
    }

    it("says for B2 in so many words what Litestream would see only in B2's own address", () => {
        const replica = replicaOf("litestream-slots-b2.yml");
        assert.deepEqual(
            [replica["force-path-style"], replica["sign-payload"], replica["require-content-md5"]],
            [true, true, true],
        );
    });

    it("leaves AWS to Litestream's defaults: an endpoint would switch its checksums off", () => {
        const replica = replicaOf("litestream-slots-aws.yml");
        assert.equal(replica["region"], "eu-central-1");
        for (const key of ["endpoint", "force-path-style", "sign-payload"]) assert.ok(!(key in replica), key);
    });
});
