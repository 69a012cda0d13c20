import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureTools } from "../../local/toolchain/ensure.ts";
import { findExecutable } from "../../local/toolchain/path-tool.ts";
import { toolSpecs } from "../../local/toolchain/spec.ts";
import { type Platform, thisPlatform } from "../../local/toolchain/platform.ts";
import { type ReleaseServer, startReleaseServer, writeFakeTool } from "../support/release-server.ts";

const { pulumi, litestream, versitygw } = toolSpecs;
const local = (path: string) => JSON.stringify(new URL(`../../local/toolchain/${path}`, import.meta.url).href);

/** A PATH with nothing but what unpacking and the fake Go take, and a folder of the test's own before it. */
function isolate(world: string): NodeJS.ProcessEnv {
    const own = join(world, "bin");
    const needed = join(world, "needed");
    mkdirSync(own);
    mkdirSync(needed);
    for (const name of ["sh", "tar", "gzip", "cp", "sleep"]) {
        const path = findExecutable(name);
        assert.ok(path, `${name} is missing`);
        symlinkSync(path, join(needed, name));
    }
    return {
        PATH: `${own}${delimiter}${needed}`,
        XDG_CACHE_HOME: join(world, "cache"),
        NO_PROXY: "127.0.0.1",
        HOME: world,
    };
}

/** A Go that "builds" what stands beside it, and leaves a note of how it was called. */
function writeFakeGo(world: string, version = "go1.26.8"): void {
    for (const { name, version: built } of Object.values(toolSpecs)) writeFakeTool(join(world, "built", name), built);
    const script = `#!/bin/sh
case "$1" in
env) echo ${version} ;;
list) echo one; echo two ;;
build)
    echo "GOOS=$GOOS GOARCH=$GOARCH CGO_ENABLED=$CGO_ENABLED $*" >> ${world}/go.log
    while [ $# -gt 0 ]; do
        case "$1" in
        -o) out=$2; shift ;;
        */cmd/*) case "$1" in -*) ;; *) cp ${world}/built/\${1##*/} $out ;; esac ;;
        esac
        shift
    done ;;
esac
`;
    writeFakeTool(join(world, "bin", "go"), "unused");
    writeFileSync(join(world, "bin", "go"), script);
}

describe("ensureTools", () => {
    let world: string;
    let server: ReleaseServer;
    let before: NodeJS.ProcessEnv;
    let isolated: NodeJS.ProcessEnv;
    let here: Platform;
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const tools = () => join(world, "cache", "slotkeeper", "tools");
    const left = () => (existsSync(tools()) ? readdirSync(tools()) : []);

    beforeEach(async () => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-toolchain-"));
        before = { ...process.env };
        isolated = isolate(world);
        Object.assign(process.env, isolated);
        server = await startReleaseServer(world);
        here = thisPlatform();
        lines.length = 0;
    });
    afterEach(async () => {
        for (const name of Object.keys(isolated)) {
            if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = before[name];
        }
        await server.stop();
        rmSync(world, { recursive: true });
    });

    it("downloads what is missing, keeps companions, and finds it in the cache afterwards", async () => {
        const specs = [pulumi, litestream, versitygw].map((spec) => server.publish(spec));
        const first = await ensureTools(specs, here, say);
        assert.deepEqual(
            first.map(({ name, version, source, cached }) => [name, version, source, cached]),
            [
                ["pulumi", "3.259.0", "download", false],
                ["litestream", "0.5.18", "download", false],
                ["versitygw", "1.8.0", "download", false],
            ],
        );
        for (const { path, version } of first) assert.equal(execFileSync(path, { encoding: "utf8" }), `${version}\n`);
        const folder = join(tools(), `pulumi-3.259.0-${here.os}-${here.arch}`);
        assert.deepEqual(readdirSync(folder), [
            "pulumi",
            "pulumi-language-nodejs",
            "pulumi-resource-pulumi-nodejs",
            "tool.json",
        ]);
        await server.stop();
        assert.deepEqual(
            await ensureTools(specs, here, say),
            first.map((tool) => ({ ...tool, cached: true })),
        );
        assert.equal(left().length, 3);
    });

    it("refuses an archive that has not the publisher's checksum, and keeps nothing of it", async () => {
        const good = server.publish(versitygw);
        server.fault = "wrong checksum";
        const bad = server.publish(litestream);
        writeFakeGo(world);
        await assert.rejects(ensureTools([bad, good], here, say), {
            name: "SlotkeeperError",
            kind: "remote",
            message:
                /litestream-0\.5\.18-linux-x86_64\.tar\.gz has the SHA-256 [0-9a-f]{64}, but its publisher says 0{64}/,
        });
        assert.deepEqual(
            left().filter((name) => !name.startsWith("versitygw")),
            [],
        );
        assert.equal(existsSync(join(world, "go.log")), false);
    });

    for (const fault of ["none", "unlisted", "truncated", "silent"] as const) {
        it(`builds with Go when the publisher is ${fault === "none" ? "without that release" : fault}`, async () => {
            writeFakeGo(world);
            const specs = [litestream, versitygw].map((spec) => server.publish(spec));
            server.fault = fault;
            const started = Date.now();
            const [tool, other] = await ensureTools(specs, here, say);
            assert.ok(Date.now() - started < 5_500, "took more than five seconds to give up");
            assert.deepEqual([tool?.source, tool?.version, other?.source], ["go build", "0.5.18", "go build"]);
            assert.match(lines.join("\n"), /^no download of litestream, versitygw \(.*127\.0\.0\.1/m);
            const log = readFileSync(join(world, "go.log"), "utf8");
            assert.match(log, /CGO_ENABLED=0 build -v -trimpath .*litestream=-s -w -X main\.Version=0\.5\.18/);
            assert.equal(left().length, 2);
        }).timeout(15_000);
    }

    it("builds for another platform than this machine's, and never takes that from PATH", async () => {
        writeFakeGo(world);
        writeFakeTool(join(world, "bin", "litestream"), "0.5.18");
        const spec = server.publish(litestream);
        server.fault = "none";
        const other = { os: "linux", arch: here.arch === "x64" ? "arm64" : "x64" } as const;
        const [tool] = await ensureTools([spec], other, say);
        assert.equal(tool?.path, join(tools(), `litestream-0.5.18-linux-${other.arch}`, "litestream"));
        assert.match(
            readFileSync(join(world, "go.log"), "utf8"),
            other.arch === "x64" ? /GOARCH=amd64/ : /GOARCH=arm64/,
        );
    });

    it("takes a new enough tool from PATH, and says why it does not take an old one", async () => {
        const specs = [litestream, versitygw].map((spec) => server.publish(spec));
        writeFakeTool(join(world, "bin", "litestream"), "v0.5.19");
        writeFakeTool(join(world, "bin", "versitygw"), "1.0.8");
        const [newer, older] = await ensureTools(specs, here, say);
        assert.deepEqual(newer, {
            name: "litestream",
            version: "0.5.19",
            path: join(world, "bin", "litestream"),
            source: "PATH",
            cached: false,
        });
        assert.equal(older?.source, "download");
        assert.match(lines.join("\n"), /versitygw is version 1\.0\.8: using versitygw 1\.8\.0 instead/);
    });

    it("does not use a tool in the cache that is not whole", async () => {
        const spec = server.publish(litestream);
        const [tool] = await ensureTools([spec], here, say);
        assert.ok(tool);
        for (const name of ["litestream", "tool.json"]) {
            writeFileSync(join(tool.path, "..", name), "#!/bin/sh\n");
            const [again] = await ensureTools([spec], here, say);
            assert.deepEqual(again, tool);
        }
        assert.equal(execFileSync(tool.path, { encoding: "utf8" }), "0.5.18\n");
    });

    it("says what is missing where there is neither internet nor a Go that is new enough", async () => {
        writeFakeGo(world, "go1.19.8");
        const spec = server.publish(litestream);
        await server.stop();
        await assert.rejects(ensureTools([spec], here, say), {
            name: "SlotkeeperError",
            kind: "remote",
            message:
                /^litestream cannot be downloaded \(127\.0\.0\.1:\d+: .*ECONNREFUSED.*, and .*go is too old to build with: go1\.19\.8$/,
            hint: /install Go 1\.26 or newer/,
        });
    });

    /** Another process that wants litestream from this test's publisher. */
    function another(): ChildProcess {
        const { base } = server.publish(litestream).release(here);
        const program = `const { ensureTools } = await import(${local("ensure.ts")});
            const { toolSpecs: { litestream } } = await import(${local("spec.ts")});
            const { thisPlatform } = await import(${local("platform.ts")});
            const release = () => ({ ...litestream.release({ os: "linux", arch: "x64" }), base: ${JSON.stringify(base)} });
            const [tool] = await ensureTools([{ ...litestream, release }], thisPlatform(), (line) => console.error(line));
            console.log(tool.cached ? "cached" : tool.source);`;
        return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "pipe"] });
    }

    async function until(condition: () => boolean): Promise<void> {
        for (let tries = 0; !condition(); tries++) {
            assert.ok(tries < 500, "it did not come to that");
            await sleep(10);
        }
    }

    it("downloads once when two processes want the same", async () => {
        const both = [another(), another()];
        const outputs = await Promise.all(
            both.map(async ({ stdout }) => String((stdout && (await once(stdout, "data")))?.[0])),
        );
        assert.deepEqual(outputs.sort(), ["cached\n", "download\n"]);
        assert.equal(server.requests.filter((path) => path.startsWith("/moved")).length, 1);
    }).timeout(20_000);

    it("says for whom it waits, and goes on when that one is killed", async () => {
        server.fault = "slow";
        const first = another();
        await until(() => server.requests.some((path) => path.startsWith("/moved")));
        server.fault = undefined;
        const second = another();
        let said = "";
        second.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await until(() => said.includes("\n"));
        assert.match(said, new RegExp(`^waiting for process ${String(first.pid)}, which is busy with: toolchain`));
        assert.equal(second.exitCode, null);
        first.kill("SIGKILL");
        const [code] = (await once(second, "close")) as [number];
        assert.equal(code, 0, said);
        assert.deepEqual(left(), [`litestream-0.5.18-${here.os}-${here.arch}`]);
    }).timeout(20_000);

    it("uses nothing that a killed run left half-way, and clears it", async () => {
        server.fault = "slow";
        const child = another();
        await until(() => server.requests.some((path) => path.startsWith("/moved")));
        await until(() => left().length > 0);
        child.kill("SIGKILL");
        await once(child, "close");
        assert.match(left().join(), /^\.unfinished-\w+$/);
        server.fault = undefined;
        const [tool] = await ensureTools([server.publish(litestream)], here, say);
        assert.deepEqual([tool?.source, tool?.cached], ["download", false]);
        assert.deepEqual(left(), [`litestream-0.5.18-${here.os}-${here.arch}`]);
    }).timeout(20_000);
});
