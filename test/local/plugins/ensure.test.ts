import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ensurePlugins } from "../../../local/plugins/ensure.ts";
import { sdkVersion } from "../../../local/plugins/sdk-version.ts";
import type { Tool } from "../../../local/toolchain/tool.ts";

describe("ensurePlugins", () => {
    let dir: string;
    let pulumi: Tool;
    const before = { cache: process.env["XDG_CACHE_HOME"], path: process.env["PATH"] };
    const said: string[] = [];
    const ensure = (retry = false) =>
        ensurePlugins(pulumi, (line) => said.push(line), { home: join(dir, "home"), retry });
    const sources = async () => Object.fromEntries((await ensure()).plugins.map(({ name, source }) => [name, source]));

    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "slotkeeper-plugins-"));
        said.length = 0;
        process.env["XDG_CACHE_HOME"] = join(dir, "cache");
        process.env["PATH"] = join(dir, "path");
        pulumi = {
            name: "pulumi",
            version: "3.259.0",
            path: executable("cli", "pulumi"),
            source: "download",
            cached: true,
        };
        unreachableSince(new Date());
    });
    afterEach(() => {
        if (before.cache === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = before.cache;
        process.env["PATH"] = before.path;
        rmSync(dir, { recursive: true, force: true });
    });

    function executable(folder: string, name: string, text = ""): string {
        mkdirSync(join(dir, folder), { recursive: true });
        const path = join(dir, folder, name);
        writeFileSync(path, `#!/bin/sh\n${text}`);
        chmodSync(path, 0o755);
        return path;
    }
    function unreachableSince(at: Date): void {
        mkdirSync(join(dir, "cache/slotkeeper"), { recursive: true });
        writeFileSync(join(dir, "cache/slotkeeper/plugins-unreachable"), at.toISOString());
    }
    const official = (name: "aws" | "command" | "random") => `home/plugins/resource-${name}-v${sdkVersion(name)}`;

    it("puts the stand-ins on PATH where nothing official can be had, and says so", async () => {
        const { env, plugins, root } = await ensure();
        assert.deepEqual(new Set(plugins.map(({ source }) => source)), new Set(["stand-in"]));
        for (const file of ["resource-aws", "resource-command", "resource-random", "language-nodejs"]) {
            const found = env["PATH"]?.split(delimiter).some((folder) => existsSync(join(folder, `pulumi-${file}`)));
            assert.equal(found, true, file);
        }
        assert.deepEqual(said.length, 1);
        assert.match(said[0] ?? "", /language-nodejs, command, random, aws/);
        assert.equal(readFileSync(join(root, "bin/pulumi"), "utf8"), readFileSync(pulumi.path, "utf8"));
    });

    it("tries again before a real stack is changed, whatever failed earlier that day", async function () {
        this.timeout(30_000);
        const earlier = new Date(Date.now() - 3_600_000);
        unreachableSince(earlier);
        const memory = () => readFileSync(join(dir, "cache/slotkeeper/plugins-unreachable"), "utf8").trim();
        await ensure();
        assert.equal(memory(), earlier.toISOString());
        const { plugins } = await ensure(true);
        // Where the internet is open, this CLI says that it has installed them.
        const had = plugins.some(({ name, source }) => name === "aws" && source === "official");
        assert.ok(had || Date.parse(memory()) > earlier.getTime(), "nobody tried");
    });

    it("prefers an installed official plugin, in the SDK's version and whole", async () => {
        executable(official("random"), "pulumi-resource-random");
        executable("home/plugins/resource-command-v0.0.1", "pulumi-resource-command");
        executable(official("aws"), "pulumi-resource-aws");
        writeFileSync(join(dir, `${official("aws")}.partial`), "");
        const found = await sources();
        assert.deepEqual(found, {
            random: "official",
            command: "stand-in",
            aws: "stand-in",
            "language-nodejs": "stand-in",
        });
        const { env } = await ensure();
        assert.doesNotMatch(env["PATH"] ?? "", /plugins\/random\/bin/);
    });

    it("prefers official plugins on PATH, and the language host beside the CLI", async () => {
        executable("path", "pulumi-resource-command");
        executable("cli", "pulumi-language-nodejs");
        const found = await sources();
        assert.equal(found["command"], "official");
        assert.equal(found["language-nodejs"], "official");
    });

    it("has the official aws plugin send only the checksums that S3 asks for, unless the user says otherwise", async () => {
        const outer = process.env["AWS_REQUEST_CHECKSUM_CALCULATION"];
        try {
            delete process.env["AWS_REQUEST_CHECKSUM_CALCULATION"];
            assert.equal((await ensure()).env["AWS_REQUEST_CHECKSUM_CALCULATION"], "when_required");
            process.env["AWS_REQUEST_CHECKSUM_CALCULATION"] = "when_supported";
            assert.equal((await ensure()).env["AWS_REQUEST_CHECKSUM_CALCULATION"], "when_supported");
        } finally {
            if (outer === undefined) delete process.env["AWS_REQUEST_CHECKSUM_CALCULATION"];
            else process.env["AWS_REQUEST_CHECKSUM_CALCULATION"] = outer;
        }
    });

    it("does not take the stand-ins of an outer run for official plugins", async () => {
        process.env["PATH"] = (await ensure()).env["PATH"];
        assert.deepEqual(new Set(Object.values(await sources())), new Set(["stand-in"]));
    });
});
