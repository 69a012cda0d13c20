import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { record } from "../support/recorder.ts";

const server = { kind: "ssh" as const, host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" };

describe("a server's components, as the plan has them", () => {
    let folder: string;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), "slotkeeper-components-"));
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });

    /** The inputs of each resource, by name, for an app with that content under a name that never changes. */
    async function plan(content: string) {
        const archive = join(folder, "app.tar.gz");
        writeFileSync(archive, content);
        const config = {
            "slotkeeper:role": "staging",
            "slotkeeper:drill": "true",
            "slotkeeper:production": "organization/slotkeeper/prod",
            "slotkeeper:server": JSON.stringify(server),
            "slotkeeper:app": JSON.stringify({ archive, serve: ["/bin/serve"] }),
            "slotkeeper:sshPrivateKey": "key",
            "slotkeeper:appToken": "token",
        };
        const resources = await record(config, async () => {
            const [{ App, AppService }, { Recovery }, { Server }, { parseConfig }] = await Promise.all([
                import("../../components/app.ts"),
                import("../../components/recovery.ts"),
                import("../../components/server.ts"),
                import("../../components/config.ts"),
            ]);
            const parsed = parseConfig(config);
            if (parsed.app === undefined) throw new Error("no app");
            const where = new Server("server", parsed);
            new Recovery("recovery", { server: where, mayBeNew: false, dataDir: "/app/data" });
            new App("app", { server: where, app: parsed.app, config: parsed });
            const service = new AppService("service", { server: where, app: parsed.app });
            await new Promise((done) => service.url.apply(done));
        });
        return new Map(resources.map(({ name, inputs }) => [name, inputs]));
    }

    it("installs and restarts another version of an app whose archive has the same name", async () => {
        const [one, two] = [await plan("one"), await plan("two")];
        assert.notEqual(one.get("app-install")?.["create"], two.get("app-install")?.["create"]);
        assert.notEqual(JSON.stringify(one.get("service-unit")), JSON.stringify(two.get("service-unit")));
    });

    it("restores nothing on a server that was recovered before, whatever changes about the way to it", async () => {
        const restore = (await plan("one")).get("recovery-restore");
        assert.match(String(restore?.["create"]), /restore all/);
        assert.match(String(restore?.["update"]), /^echo /);
    });
});
