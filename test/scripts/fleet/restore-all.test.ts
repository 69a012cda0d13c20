import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetSettingsSchema } from "../../../components/fleet-settings.ts";
import { restoreAll } from "../../../scripts/fleet/restore-all.ts";

describe("restoreAll where a fleet is already", () => {
    let world: string;
    let server: Server;
    let keys: string[];
    beforeEach(async () => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-restore-all-"));
        mkdirSync(join(world, "slots"));
        for (const file of ["global.db", "slots/a.db"]) writeFileSync(join(world, file), "live");
        keys = [];
        // A store that lists these keys under every prefix they have.
        server = createServer((request, response) => {
            const prefix = new URL(request.url ?? "/", "http://store").searchParams.get("prefix") ?? "";
            const found = keys.filter((key) => key.startsWith(prefix));
            const contents = found.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("");
            response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`);
        }).listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
        rmSync(world, { recursive: true });
    });

    function restore() {
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const settings = fleetSettingsSchema.parse({
            stack: "prod",
            role: "production",
            dataDir: world,
            replica: { endpoint, region: "us-east-1", bucket: "replicas" },
            litestream: "/nonexistent/litestream",
        });
        return restoreAll({
            settings,
            keys: { accessKeyId: "id", secretAccessKey: "secret" },
            resultPath: null,
            allowEmptyReplica: true,
            acceptGaps: false,
            progress: () => undefined,
        });
    }
    const files = () => ["global.db", "slots/a.db"].map((file) => readFileSync(join(world, file), "utf8"));

    it("restores nothing and refuses nothing when it was never backed up", async () => {
        const result = await restore();
        assert.deepEqual([result.complete, result.databases, result.unexpected], [true, [], []]);
        assert.deepEqual(files(), ["live", "live"]);
    });

    it("refuses to touch it when it was", async () => {
        keys = ["global/0000/0000000000000001-0000000000000001.ltx"];
        await assert.rejects(restore(), { kind: "usage", message: `${join(world, "global.db")} exists` });
        assert.deepEqual(files(), ["live", "live"]);
    });
});
