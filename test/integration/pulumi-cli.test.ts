import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type Options } from "execa";
import { toolPath } from "../support/tools.ts";

const root = join(import.meta.dirname, "../..");
const script = join(root, "local/toolchain/pulumi.ts");

/** A Pulumi project and a user of their own. */
class World implements AsyncDisposable {
    readonly dir = mkdtempSync(join(tmpdir(), "slotkeeper-cli-"));
    readonly project = join(this.dir, "project");
    readonly state = join(this.dir, "state/slotkeeper/pulumi");
    readonly env: NodeJS.ProcessEnv;

    constructor(program: string) {
        mkdirSync(this.project);
        const dependencies = { "@pulumi/command": "*", "@pulumi/pulumi": "*", "@pulumi/random": "*" };
        this.write("package.json", JSON.stringify({ type: "module", dependencies }));
        this.write(
            "Pulumi.yaml",
            "name: sample\nmain: index.ts\nruntime: {name: nodejs, options: {typescript: false}}\n",
        );
        this.write("Pulumi.dev.yaml", "config:\n  sample:greeting: hello\n");
        this.write("index.ts", program);
        symlinkSync(join(root, "node_modules"), join(this.project, "node_modules"));
        const cache = join(this.dir, "cache/slotkeeper");
        mkdirSync(cache, { recursive: true });
        // These tests are about the stand-ins, with internet or without.
        writeFileSync(join(cache, "plugins-unreachable"), new Date().toISOString());
        const { PATH } = process.env;
        this.env = {
            PATH: [dirname(toolPath("pulumi")), PATH].join(delimiter),
            HOME: this.dir,
            XDG_CACHE_HOME: join(this.dir, "cache"),
            XDG_STATE_HOME: join(this.dir, "state"),
        };
    }

    write(name: string, text: string): void {
        writeFileSync(join(this.project, name), text);
    }

    async run(args: string[], env: NodeJS.ProcessEnv = {}) {
        const options = {
            cwd: this.project,
            env: { ...this.env, ...env },
            extendEnv: false,
            reject: false,
            stdin: "ignore",
        } as const satisfies Options;
        return execa(process.execPath, [script, ...args], options);
    }

    [Symbol.asyncDispose](): Promise<void> {
        rmSync(this.dir, { recursive: true, force: true });
        return Promise.resolve();
    }
}

const greeter = `
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
export default async function main(): Promise<Record<string, unknown>> {
    const secret: random.RandomPassword = new random.RandomPassword("secret", { length: 20 });
    const greeting = new command.local.Command("greeting", { create: "echo " + new pulumi.Config().require("greeting") });
    return { greeting: greeting.stdout, secret: secret.result };
}`;

describe("npm run pulumi", () => {
    it("previews, makes and destroys a stack with nothing configured and no internet", async () => {
        await using world = new World(greeter);
        const preview = await world.run(["preview", "--stack", "dev"]);
        assert.equal(preview.exitCode, 0, preview.stderr);
        assert.match(preview.stdout, /3 to create/);
        assert.match(preview.stderr, /no Pulumi backend is chosen: stacks are kept in /);
        assert.match(preview.stderr, /offline stand-ins/);
        assert.match(preview.stderr, /created the stack dev/);

        const up = await world.run(["up", "--stack", "dev", "--yes", "--skip-preview"]);
        assert.equal(up.exitCode, 0, up.stderr + up.stdout);
        assert.doesNotMatch(up.stderr, /created the stack/);
        const outputs = await world.run(["stack", "output", "--stack", "dev", "--json", "--show-secrets"]);
        const { greeting, secret } = JSON.parse(outputs.stdout) as { greeting: string; secret: string };
        assert.equal(greeting, "hello");
        assert.equal(secret.length, 20);

        assert.equal(statSync(join(world.state, "passphrase")).mode & 0o777, 0o600);
        const state = readFileSync(join(world.state, ".pulumi/stacks/sample/dev.json"), "utf8");
        assert.ok(!state.includes(secret), "the secret is in the state in clear");
        assert.equal(
            readFileSync(join(world.project, "Pulumi.dev.yaml"), "utf8"),
            "config:\n  sample:greeting: hello\n",
        );

        world.write("Pulumi.dev.yaml", "config:\n  sample:greeting: changed\n");
        const changed = await world.run(["up", "--stack", "dev", "--yes", "--skip-preview"]);
        assert.match(changed.stdout, /1 updated/, "a changed configuration is used");
        const destroy = await world.run(["destroy", "--stack", "dev", "--yes"]);
        assert.equal(destroy.exitCode, 0, destroy.stderr + destroy.stdout);
    });

    it("keeps a secret that the user adds to the configuration readable", async () => {
        await using world = new World(greeter);
        await world.run(["preview", "--stack", "dev"]);
        const set = await world.run(["config", "set", "--stack", "dev", "--secret", "greeting", "hidden-word"]);
        assert.equal(set.exitCode, 0, set.stderr);
        assert.doesNotMatch(readFileSync(join(world.project, "Pulumi.dev.yaml"), "utf8"), /hidden-word/);
        const up = await world.run(["up", "--stack", "dev", "--yes", "--skip-preview"]);
        assert.equal(up.exitCode, 0, up.stderr + up.stdout);
        assert.equal((await world.run(["config", "get", "--stack", "dev", "greeting"])).stdout, "hidden-word");
    });

    it("leaves a backend that the user has chosen alone", async () => {
        await using world = new World(greeter);
        const own = join(world.dir, "own");
        mkdirSync(own);
        const env = { PULUMI_BACKEND_URL: `file://${own}`, PULUMI_CONFIG_PASSPHRASE: "own" };
        assert.equal((await world.run(["stack", "init", "mine"], env)).exitCode, 0);
        assert.equal(existsSync(join(own, ".pulumi/stacks/sample/mine.json")), true);
        assert.equal(existsSync(world.state), false);
    });

    it("shows an exception of the program once, with its place, and fails", async () => {
        await using world = new World('export default async function main() { throw new Error("no such slot"); }');
        const up = await world.run(["up", "--stack", "dev", "--yes", "--skip-preview"]);
        assert.notEqual(up.exitCode, 0);
        const summary = up.stdout.slice(up.stdout.indexOf("Diagnostics:"));
        assert.equal(summary.match(/no such slot/g)?.length, 1, summary);
        assert.match(summary, /index\.ts:1/);
    });

    it("passes arguments and the exit status through", async () => {
        await using world = new World(greeter);
        assert.match((await world.run(["version"])).stdout, /^v3\.\d+\.\d+$/);
        const wrong = await world.run(["preview", "--stack", "nobody"]);
        assert.notEqual(wrong.exitCode, 0);
        assert.match(wrong.stderr, /no stack named 'nobody' found/);
    });

    it("leaves no plugin behind when the CLI is killed", async () => {
        await using world = new World(greeter.replace('"echo "', '"sleep 300; echo "'));
        const cli = spawn(process.execPath, [script, "up", "--stack", "dev", "--yes", "--skip-preview"], {
            cwd: world.project,
            env: world.env,
            stdio: "ignore",
        });
        const plugins = (): number[] => processesIn(world.dir).filter((pid) => pid !== cli.pid);
        for (const deadline = Date.now() + 30_000; plugins().length < 5 && Date.now() < deadline;) await sleep(100);
        assert.ok(plugins().length >= 5, "language host, program, two providers and a command are running");
        cli.kill("SIGKILL");
        await once(cli, "exit");
        for (const deadline = Date.now() + 10_000; plugins().length > 0 && Date.now() < deadline;) await sleep(100);
        assert.deepEqual(plugins().map(commandLine), []);
    });
});

/** The processes of a world: those whose HOME it is. */
function processesIn(home: string): number[] {
    const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
    return pids.filter((pid) => {
        try {
            return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${home}`);
        } catch {
            return false; // ended meanwhile
        }
    });
}

function commandLine(pid: number): string {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
}
