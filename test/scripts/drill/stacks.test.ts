import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack } from "../../../scripts/drill/stacks.ts";

describe("the configuration of a drill's stack", () => {
    let world: string;
    before(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-stacks-"));
        mkdirSync(join(world, "bin"));
    });
    after(() => {
        rmSync(world, { recursive: true });
    });

    it("has its secrets go by standard input, never on a command line", async () => {
        const cli = join(world, "bin/pulumi");
        writeFileSync(
            cli,
            `#!/bin/sh
[ "$1" = version ] && { echo v3.259.0; exit; }
echo "$*" >> ${world}/argv
case "$*" in *"config set --secret"*) cat >> ${world}/input;; esac
`,
        );
        chmodSync(cli, 0o755);
        const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----\n";
        await openStack(
            "local-prod",
            { "slotkeeper:role": { value: "production" }, "slotkeeper:sshPrivateKey": { value: key, secret: true } },
            {
                stateDir: join(world, "state"),
                cliRoot: world,
                env: {},
                signal: new AbortController().signal,
                onOutput: () => undefined,
            },
        );
        const argv = readFileSync(join(world, "argv"), "utf8");
        assert.match(argv, /slotkeeper:role=production/);
        assert.match(argv, /slotkeeper:sshPrivateKey/);
        assert.doesNotMatch(argv, /hunter2|PRIVATE KEY---/);
        assert.equal(readFileSync(join(world, "input"), "utf8"), key);
    });
});
