import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa, type Options } from "execa";
import { dump, load } from "js-yaml";
import { newKeyPair } from "../support/ssh-key.ts";
import { toolPath } from "../support/tools.ts";

const root = join(import.meta.dirname, "../..");
const script = join(root, "local/toolchain/pulumi.ts");

interface StackFile {
    config: Record<string, unknown>;
}
interface State {
    type: string;
    urn: string;
}

/** This project's own stack files, for a user who has no cloud, no keys and no internet. */
class World implements Disposable {
    readonly dir = mkdtempSync(join(tmpdir(), "slotkeeper-plan-"));
    readonly project = join(this.dir, "project");
    readonly #env: NodeJS.ProcessEnv;

    constructor() {
        mkdirSync(this.project);
        for (const name of [
            "components",
            "local",
            "scripts",
            "node_modules",
            "index.ts",
            "package.json",
            "package-lock.json",
        ])
            // prettier-ignore
            symlinkSync(join(root, name), join(this.project, name));
        for (const name of ["Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml"])
            copyFileSync(join(root, name), join(this.project, name));
        const cache = join(this.dir, "cache/slotkeeper");
        mkdirSync(cache, { recursive: true });
        writeFileSync(join(cache, "plugins-unreachable"), new Date().toISOString());
        this.#env = {
            PATH: [dirname(toolPath("pulumi")), process.env["PATH"]].join(delimiter),
            HOME: this.dir,
            XDG_CACHE_HOME: join(this.dir, "cache"),
            XDG_STATE_HOME: join(this.dir, "state"),
            SLOTKEEPER_LITESTREAM: toolPath("litestream"),
        };
    }

    /** Changes a stack's file. The server is made one of this machine's kind, so that nothing has to be fetched. */
    change(stack: string, server: object, more: Record<string, unknown> = {}): void {
        const path = join(this.project, `Pulumi.${stack}.yaml`);
        const { config } = load(readFileSync(path, "utf8")) as StackFile;
        const instanceType = process.arch === "arm64" ? "t4g.small" : "t3.small";
        const old = config["slotkeeper:server"] as object;
        const all = { ...config, ...more, "slotkeeper:server": { ...old, instanceType, ...server } };
        writeFileSync(path, dump({ config: all }));
    }

    async pulumi(...args: string[]) {
        const options = { cwd: this.project, env: this.#env, extendEnv: false, reject: false, stdin: "ignore" } as const satisfies Options; // prettier-ignore
        return execa(process.execPath, [script, ...args, "--non-interactive"], options);
    }

    async plan(stack: string): Promise<State[]> {
        const { exitCode, stdout, stderr } = await this.pulumi("preview", "--json", "--stack", stack);
        assert.equal(exitCode, 0, stderr + stdout);
        assert.match(stderr, /using offline stand-ins/);
        const { steps } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { steps: { newState: State }[] };
        return steps.map(({ newState }) => newState);
    }

    [Symbol.dispose](): void {
        rmSync(this.dir, { recursive: true, force: true });
    }
}

const named = (plan: readonly State[], name: string) => plan.find(({ urn }) => urn.endsWith(`::${name}`));

describe("the plan of the stacks that are meant for AWS", () => {
    it("shows all of production without keys, cloud or internet: storage, server, and last the record", async () => {
        using world = new World();
        world.change("prod", { elasticIp: true, dns: { zoneId: "Z1", name: "app.example.com" } });
        const plan = await world.plan("prod");
        for (const type of [
            "aws:s3/bucket:Bucket",
            "aws:ec2/instance:Instance",
            "aws:ebs/volume:Volume",
            "aws:ec2/eip:Eip",
            "command:remote:CopyToRemote",
        ])
            // prettier-ignore
            assert.ok(plan.some((state) => state.type === type), type);
        const order = ["recovery-restore", "replication-daemons", "dns-record"].map((name) =>
            plan.findIndex(({ urn }) => urn.endsWith(`::${name}`)),
        );
        assert.ok(!order.includes(-1));
        assert.deepEqual(
            order,
            [...order].sort((a, b) => a - b),
            "users are led to the server only when it is ready",
        );
    });

    it("shows all of staging although production was never up", async () => {
        using world = new World();
        world.change("staging", {});
        const plan = await world.plan("staging");
        assert.ok(named(plan, "server-ec2-instance"));
        assert.equal(named(plan, "server-ec2-data"), undefined);
        assert.ok(plan.every(({ type }) => !type.startsWith("aws:s3")));
        assert.ok(plan.every(({ urn }) => !urn.endsWith("::replication-daemons")));
    });

    it("makes nothing with the stand-in: an `up` says what it needs before there is a bucket", async () => {
        using world = new World();
        const secrets = ["storageAdminKeyId", "storageAdminSecret", "serverKeyId", "serverSecret", "recoveryKeyId", "recoverySecret"]; // prettier-ignore
        const values = Object.fromEntries(secrets.map((key) => [`slotkeeper:${key}`, `example-${key}`]));
        world.change("prod", {}, { ...values, "slotkeeper:sshPrivateKey": newKeyPair().private });
        const up = await world.pulumi("up", "--yes", "--skip-preview", "--stack", "prod");
        assert.notEqual(up.exitCode, 0);
        // Whichever of the look-up of the image and the first resources of EC2 is asked for first.
        assert.match(up.stdout, /aws:(ec2|ebs)\/\w+:\w+ is not in the offline stand-in of the aws plugin: install the official one with: pulumi plugin install resource aws 7\.48\.0/); // prettier-ignore
        const exported = await world.pulumi("stack", "export", "--stack", "prod");
        const { deployment } = JSON.parse(exported.stdout) as { deployment: { resources?: { type: string }[] } };
        const made = (deployment.resources ?? []).filter(({ type }) => /^(aws|random|command):/.test(type));
        assert.deepEqual(made, []);
        assert.doesNotMatch(up.stdout, /aws:s3/);
    });

    it("refuses an `up` with the placeholders that the plan takes", async () => {
        using world = new World();
        world.change("prod", {});
        const up = await world.pulumi("up", "--yes", "--skip-preview", "--stack", "prod");
        assert.notEqual(up.exitCode, 0);
        assert.match(up.stdout, /slotkeeper:sshPrivateKey is still the placeholder/);
    });
});
