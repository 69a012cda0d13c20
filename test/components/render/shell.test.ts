import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asRoot } from "../../../components/render/shell.ts";

describe("asRoot", () => {
    let tools: string;
    beforeEach(() => {
        tools = mkdtempSync(join(tmpdir(), "slotkeeper-sudo-"));
    });
    afterEach(() => {
        rmSync(tools, { recursive: true });
    });

    /** Runs a script as `deploy` where sudo is this one. */
    function run(sudo: string, script: string) {
        writeFileSync(join(tools, "sudo"), `#!/bin/sh\n${sudo}\n`, { mode: 0o755 });
        const env = { PATH: `${tools}:${process.env["PATH"] ?? ""}` };
        return spawnSync("sh", ["-c", asRoot("deploy", script)], { env, input: "input", encoding: "utf8" });
    }

    it("is the script itself for root", () => {
        assert.equal(asRoot("root", "echo 'x'"), "echo 'x'");
    });

    it("gives the whole script, its standard input and its end to sudo", () => {
        const { stdout, status } = run('shift; exec "$@"', `set -eu\nx='a "b" $c'\necho "$x $(cat)"\nexit 7`);
        assert.equal(stdout, 'a "b" $c input\n');
        assert.equal(status, 7);
    });

    it("runs nothing and says what to do where sudo asks for a password", () => {
        const { stdout, stderr, status } = run("echo 'sudo: a password is required' >&2; exit 1", "echo ran");
        assert.equal(stdout, "");
        assert.equal(status, 2);
        assert.match(stderr, /deploy may not use sudo without a password on this server.*sudoers\.d/);
    });
});
