import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
    chmodSync,
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a Node before 22.15 is like, which cannot become another program. */
const WITHOUT_EXECVE = ["--import", "data:text/javascript,delete process.execve"];
const asVersion = (version: string) => [
    "--import",
    `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`,
];

/** An npm that notes each call; `npm.slow` keeps it busy, `npm.fails` makes it fail. */
const NPM = `#!/bin/sh
echo "$*" >> "$WORLD/npm.log"
mkdir -p node_modules/.bin
touch node_modules/half
while [ -e "$WORLD/npm.slow" ]; do sleep 0.05; done
if [ -e "$WORLD/npm.fails" ]; then echo "npm error code E404" >&2; exit 1; fi
mv node_modules/half node_modules/whole
cp package-lock.json node_modules/of-lock
ln -s "$NODE" node_modules/.bin/node
`;

const SCRIPT = `const [mode] = process.argv.slice(2);
if (mode === "handle") process.on("SIGTERM", () => process.exit(42));
if (mode === "handle" || mode === "wait") setTimeout(() => {}, 60_000);
console.log(JSON.stringify(process.argv.slice(2)));
if (mode === "status") process.exit(7);
`;

describe("bootstrap", () => {
    let world: string;
    let project: string;
    const children: ChildProcess[] = [];

    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-bootstrap-"));
        project = join(world, "project");
        mkdirSync(join(project, "local"), { recursive: true });
        for (const name of ["bootstrap.mjs", "lock.mjs"]) {
            cpSync(new URL(`../../local/${name}`, import.meta.url), join(project, "local", name));
        }
        writeFileSync(join(project, "package.json"), "{}");
        lock("1.0.0");
        writeFileSync(join(project, "script.ts"), SCRIPT);
        mkdirSync(join(world, "bin"));
        writeFileSync(join(world, "bin", "npm"), NPM);
        chmodSync(join(world, "bin", "npm"), 0o755);
    });
    afterEach(() => {
        for (const child of children.splice(0)) child.kill("SIGKILL");
        rmSync(world, { recursive: true, maxRetries: 5 });
    });

    function lock(version: string): void {
        const packages = { "": {}, "node_modules/whole": { version, integrity: `sha512-${version}` } };
        writeFileSync(join(project, "package-lock.json"), JSON.stringify({ packages }));
    }

    function start(args: string[], nodeOptions: string[] = []) {
        const env = { PATH: `${join(world, "bin")}:/usr/bin:/bin`, WORLD: world, NODE: process.execPath };
        const argv = [...nodeOptions, join(project, "local", "bootstrap.mjs"), "script.ts", ...args];
        const child = spawn(process.execPath, argv, { env, cwd: project, stdio: ["ignore", "pipe", "pipe"] });
        children.push(child);
        const result = { child, stdout: "", stderr: "", ended: once(child, "close") };
        child.stdout.on("data", (chunk: Buffer) => (result.stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (result.stderr += chunk.toString()));
        return result;
    }

    async function run(args: string[], nodeOptions?: string[]) {
        const result = start(args, nodeOptions);
        const [code, signal] = (await result.ended) as [number | null, NodeJS.Signals | null];
        return { ...result, code, signal };
    }

    async function until(condition: () => boolean): Promise<void> {
        for (let tries = 0; !condition(); tries++) {
            assert.ok(tries < 500, "it did not come to that");
            await sleep(10);
        }
    }

    const npmCalls = () =>
        existsSync(join(world, "npm.log")) ? readFileSync(join(world, "npm.log"), "utf8").trim().split("\n").length : 0;
    const installing = () => readdirSync(project).filter((name) => name.startsWith(".installing-"));

    it("installs what is missing, says so on stderr, and hands arguments and status on", async () => {
        const first = await run(["status", "two words", "--flag"]);
        assert.deepEqual([first.code, first.stdout], [7, '["status","two words","--flag"]\n']);
        assert.match(first.stderr, /^installing the locked npm packages \(1;/);
        assert.match(readFileSync(join(world, "npm.log"), "utf8"), /^ci --include=dev --include=optional /);
        const second = await run([]);
        assert.deepEqual([second.code, second.stdout, second.stderr], [0, "[]\n", ""]);
        assert.equal(npmCalls(), 1);
        assert.deepEqual(installing(), []);
    });

    it("replaces the packages when the lockfile has changed", async () => {
        await run([]);
        writeFileSync(join(project, "node_modules", "old"), "");
        lock("2.0.0");
        assert.equal((await run([])).code, 0);
        assert.equal(npmCalls(), 2);
        assert.match(readFileSync(join(project, "node_modules", "of-lock"), "utf8"), /2\.0\.0/);
        assert.equal(existsSync(join(project, "node_modules", "old")), false);
    });

    it("takes what npm install has put there by hand, when it is what the lockfile says", async () => {
        await run([]);
        lock("2.0.0");
        const record = join(project, "node_modules", ".package-lock.json");
        const installed = { version: "2.0.0", integrity: "sha512-2.0.0" };
        writeFileSync(record, JSON.stringify({ packages: { "node_modules/whole": installed } }));
        assert.equal((await run([])).code, 0);
        assert.equal(npmCalls(), 1);
        lock("3.0.0");
        assert.equal((await run([])).code, 0);
        assert.equal(npmCalls(), 2);
    });

    it("leaves the old packages alone when npm fails, and ends with npm's message and what to do", async () => {
        await run([]);
        lock("2.0.0");
        writeFileSync(join(world, "npm.fails"), "");
        const failed = await run([]);
        assert.deepEqual([failed.code, failed.stdout], [13, ""]);
        assert.match(failed.stderr, /npm error code E404\nError: npm could not install the packages\nTry: /);
        assert.match(readFileSync(join(project, "node_modules", "of-lock"), "utf8"), /1\.0\.0/);
        assert.deepEqual(installing(), []);
    });

    it("uses nothing that a killed run has left half installed", async () => {
        writeFileSync(join(world, "npm.slow"), "");
        const killed = start([]);
        await until(() => installing().length > 0 && npmCalls() > 0);
        killed.child.kill("SIGKILL");
        await once(killed.child, "exit");
        assert.equal(existsSync(join(project, "node_modules")), false);
        rmSync(join(world, "npm.slow"));
        const next = await run([]);
        assert.deepEqual([next.code, next.stdout], [0, "[]\n"]);
        assert.ok(existsSync(join(project, "node_modules", "whole")));
        assert.deepEqual(installing(), []);
    });

    it("stops npm and clears up on Ctrl-C while it installs", async () => {
        writeFileSync(join(world, "npm.slow"), "");
        const stopped = start([]);
        await until(() => npmCalls() > 0);
        stopped.child.kill("SIGINT");
        const [code] = (await once(stopped.child, "exit")) as [number];
        assert.equal(code, 130);
        assert.deepEqual(installing(), []);
        assert.equal(existsSync(join(project, "node_modules")), false);
    });

    it("installs once when two start at the same time", async () => {
        writeFileSync(join(world, "npm.slow"), "");
        const first = start(["first"]);
        await until(() => npmCalls() > 0);
        const second = start(["second"]);
        await until(() => second.stderr.includes("\n"));
        assert.equal(
            second.stderr,
            `waiting for process ${String(first.child.pid)}, which installs the npm packages\n`,
        );
        rmSync(join(world, "npm.slow"));
        await Promise.all([first.ended, second.ended]);
        assert.deepEqual([first.stdout, second.stdout], ['["first"]\n', '["second"]\n']);
        assert.equal(npmCalls(), 1);
    });

    for (const options of [[], WITHOUT_EXECVE]) {
        const how = options.length === 0 ? "becoming the program" : "standing in front of it";
        it(`passes signals on, and ends as the program does, ${how}`, async () => {
            for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
                if (signal === "SIGKILL" && options.length > 0) continue;
                const waiting = start(["wait"], options);
                await until(() => waiting.stdout.includes("\n"));
                waiting.child.kill(signal);
                assert.deepEqual(await waiting.ended, [null, signal]);
            }
            const handling = start(["handle"], options);
            await until(() => handling.stdout.includes("\n"));
            handling.child.kill("SIGTERM");
            assert.deepEqual(await handling.ended, [42, null]);
            assert.equal((await run(["status"], options)).code, 7);
        });
    }

    it("says which Node it needs where npm has none for this machine", async () => {
        await run([]);
        rmSync(join(project, "node_modules", ".bin", "node"));
        const newest = await run([]);
        assert.deepEqual([newest.code, newest.stdout], [0, "[]\n"]);
        const older = await run([], asVersion("22.14.0"));
        assert.deepEqual([older.code, older.stdout], [2, ""]);
        assert.match(older.stderr, /this is Node 22\.14\.0\nTry: install Node 24 or newer/);
    });

    it("refuses a Node that is too old before it does anything", async () => {
        const old = await run([], asVersion("18.20.4"));
        assert.equal(old.code, 2);
        assert.match(old.stderr, /^Error: Slotkeeper needs Node 20 or newer, and this is 18\.20\.4\nTry: /);
        assert.equal(npmCalls(), 0);
    });
});
