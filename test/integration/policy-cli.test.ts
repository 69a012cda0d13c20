import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { policyPack } from "../support/policy-run.ts";
import { toolPath } from "../support/tools.ts";

const root = join(import.meta.dirname, "../..");

describe("npm run pulumi -- preview --policy-pack policy", () => {
    let dir: string;
    let project: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "slotkeeper-policy-"));
        project = join(dir, "project");
        mkdirSync(join(dir, "cache/slotkeeper"), { recursive: true });
        // These tests are about the stand-ins, with internet or without.
        writeFileSync(join(dir, "cache/slotkeeper/plugins-unreachable"), new Date().toISOString());
        write("project/package.json", '{"type":"module","dependencies":{"@pulumi/pulumi":"*"}}');
        write("project/Pulumi.yaml", "name: sample\nmain: index.ts\nruntime: {name: nodejs, options: {typescript: false}}\n"); // prettier-ignore
        write("project/index.ts", "export const answer: number = 42;\n");
        write(
            "project/Pulumi.dev.yaml",
            "config:\n  slotkeeper:role: staging\n  slotkeeper:serverKeyId: placeholder\n",
        );
        symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
    });
    afterEach(() => {
        rmSync(dir, { recursive: true, force: true });
    });

    function write(name: string, text: string): void {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), text);
    }

    function preview(cwd: string, stack: string, pack: string) {
        const script = join(root, "local/toolchain/pulumi.ts");
        const args = ["preview", "--stack", stack, "--policy-pack", pack, "--non-interactive", "--color", "never"];
        return execa(process.execPath, [script, ...args], {
            cwd,
            env: {
                PATH: [dirname(toolPath("pulumi")), process.env["PATH"]].join(delimiter),
                HOME: dir,
                XDG_CACHE_HOME: join(dir, "cache"),
                XDG_STATE_HOME: join(dir, "state"),
            },
            extendEnv: false,
            reject: false,
            stdin: "ignore",
        });
    }

    it("lets the drill's own production pass, with the project's own program and no internet", async () => {
        const { exitCode, stdout, stderr } = await preview(root, "local-prod", "policy");
        assert.equal(exitCode, 0, stderr + stdout);
        assert.match(stdout, /✅ slotkeeper@v/);
        assert.match(stdout, /aws:s3:Bucket storage-replica/);
        assert.doesNotMatch(stdout, /can't run policy/);
    });

    it("lets staging pass, which reads production's outputs", async () => {
        write("project/Pulumi.dev.yaml", "config:\n  slotkeeper:role: staging\n  slotkeeper:drill: true\n");
        write(
            "project/index.ts",
            `import * as pulumi from "@pulumi/pulumi";
            const name = "organization/sample/prod";
            const production = pulumi.getStack() === "dev" ? new pulumi.StackReference("production", { name }) : undefined;
            export const location: unknown = production?.getOutput("location");\n`,
        );
        write("project/Pulumi.prod.yaml", "config:\n  slotkeeper:role: production\n");
        assert.equal((await preview(project, "prod", policyPack)).exitCode, 0, "production's stack is there");
        const { exitCode, stdout, stderr } = await preview(project, "dev", policyPack);
        assert.equal(exitCode, 0, stderr + stdout);
        assert.match(stdout, /✅ slotkeeper@v/);
    });

    it("fails for a violation, and says which stack, what is wrong and what to do", async () => {
        const { exitCode, stdout } = await preview(project, "dev", policyPack);
        assert.notEqual(exitCode, 0);
        assert.match(stdout, /\[mandatory\] {2}staging-only-reads {2}\(pulumi:pulumi:Stack: sample-dev\)/);
        assert.match(stdout, /pulumi config rm slotkeeper:serverKeyId --stack dev/);
        assert.match(stdout, /set slotkeeper:drill to true/);
    });

    it("fails, and does not wait, for a pack that breaks or is not installed", async () => {
        write("pack/PulumiPolicy.yaml", "runtime: {name: nodejs, options: {typescript: false}}\n");
        write("pack/package.json", '{"name":"pack","version":"1.0.0","type":"module","main":"main.mjs"}');
        write("pack/main.mjs", 'throw new Error("no such rule");\n');
        const missing = await preview(project, "dev", join(dir, "pack"));
        assert.notEqual(missing.exitCode, 0);
        assert.match(missing.stdout + missing.stderr, /dependencies are not installed: run npm ci/);
        symlinkSync(join(root, "node_modules"), join(dir, "pack/node_modules"));
        const broken = await preview(project, "dev", join(dir, "pack"));
        assert.notEqual(broken.exitCode, 0);
        assert.match(broken.stdout + broken.stderr, /no such rule/);
    });
});
