import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { makeStack } from "../support/pulumi-stack.ts";
import { newKeyPair } from "../support/ssh-key.ts";
import { startSshServer, type SshServer } from "../support/ssh-server.ts";

/** Debug events are the SDK's own, with every secret in clear (@pulumi/pulumi 3.259.0), and are missing from its types. */
const isForUsers = (event: Pick<EngineEvent, "diagnosticEvent">): boolean =>
    (event.diagnosticEvent?.severity as string | undefined) !== "debug";

describe("the stand-in of the command plugin", () => {
    let server: SshServer;
    before(async () => {
        server = await startSshServer();
    });
    after(() => server.stop());

    const connection = (): {
        host: string;
        port: number;
        privateKey: string;
        hostKey: string;
        dialErrorLimit: number;
    } => ({
        host: "127.0.0.1",
        port: server.port,
        privateKey: server.privateKey,
        hostKey: server.hostKey,
        dialErrorLimit: 1,
    });

    it("runs create once, nothing when nothing changed, update on a change, and delete at the end", async () => {
        let stdin = "first";
        await using made = await makeStack(["command"], () => {
            const log = join(made.dir, "log");
            const command = new remote.Command("greeting", {
                connection: connection(),
                create: `echo "create $(cat)" | tee -a ${log}`,
                update: `echo "update $(cat) after $PULUMI_COMMAND_STDOUT" | tee -a ${log}; echo warned >&2`,
                delete: `echo "delete after $PULUMI_COMMAND_STDOUT" >> ${log}`,
                stdin,
            });
            return Promise.resolve({ stdout: command.stdout, stderr: command.stderr });
        });
        const lines = (): string[] => readFileSync(join(made.dir, "log"), "utf8").trim().split("\n");

        const preview = await made.stack.preview();
        assert.equal(preview.changeSummary.create, 2);
        assert.equal(existsSync(join(made.dir, "log")), false, "a preview runs nothing");

        const first = await made.stack.up();
        assert.deepEqual(first.outputs["stdout"], { value: "create first", secret: false });
        const second = await made.stack.up();
        assert.deepEqual(second.summary.resourceChanges, { same: 2 });
        assert.deepEqual(lines(), ["create first"]);

        stdin = "second";
        const third = await made.stack.up();
        assert.equal(third.outputs["stdout"]?.value, "update second after create first");
        assert.equal(third.outputs["stderr"]?.value, "warned");

        await made.stack.destroy();
        assert.equal(lines().at(-1), "delete after update second after create first");
    });

    it("replaces on a changed trigger: the new create first, then the old delete", async () => {
        let trigger = "one";
        await using made = await makeStack(["command"], () => {
            const log = join(made.dir, "log");
            new remote.Command("command", {
                connection: connection(),
                create: `echo create ${trigger} >> ${log}`,
                delete: `echo delete ${trigger} >> ${log}`,
                triggers: [trigger],
            });
            return Promise.resolve({});
        });
        await made.stack.up();
        trigger = "two";
        await made.stack.up();
        assert.deepEqual(readFileSync(join(made.dir, "log"), "utf8").trim().split("\n"), [
            "create one",
            "create two",
            "delete one",
        ]);
    });

    it("keeps the connection and a secret stdin out of the state and out of the log", async () => {
        const password = randomBytes(12).toString("hex");
        await using made = await makeStack(["command"], () => {
            const command = new remote.Command(
                "secretive",
                { connection: connection(), create: "cat", stdin: pulumi.secret(password), logging: "none" },
                { additionalSecretOutputs: ["stdout"] },
            );
            return Promise.resolve({ stdout: command.stdout });
        });
        const seen: string[] = [];
        const onEvent = (event: EngineEvent): void => {
            if (isForUsers(event)) seen.push(JSON.stringify(event));
        };
        const result = await made.stack.up({ onOutput: (text) => seen.push(text), onEvent });
        assert.deepEqual(result.outputs["stdout"], { value: password, secret: true });
        assert.equal(made.state().includes("secretive"), true);
        for (const hidden of [password, "PRIVATE KEY"]) {
            assert.equal(made.state().includes(hidden), false, `${hidden} is in the state`);
            assert.equal(seen.join("").includes(hidden), false, `${hidden} is in the log`);
        }
    });

    it("shows what a command writes while it runs, unless logging is off", async () => {
        for (const [logging, expected] of [
            ["stdoutAndStderr", ["to-stdout", "to-stderr"]],
            ["stderr", ["to-stderr"]],
            ["none", []],
        ] as const) {
            await using made = await makeStack(["command"], () => {
                new remote.Command("loud", {
                    connection: connection(),
                    create: "echo to-stdout; echo to-stderr >&2",
                    logging,
                });
                return Promise.resolve({});
            });
            const shown: string[] = [];
            await made.stack.up({
                onEvent: ({ diagnosticEvent: line }) => {
                    if (line !== undefined && isForUsers({ diagnosticEvent: line })) shown.push(line.message);
                },
            });
            const lines = shown.map((line) => line.trim()).filter((line) => line.includes("to-std"));
            assert.deepEqual(lines.sort().reverse(), [...expected].sort().reverse());
        }
    });

    it("refuses a machine whose host key is another, and runs nothing there", async () => {
        const other = newKeyPair().public;
        await using made = await makeStack(["command"], () => {
            new remote.Command("command", {
                connection: { ...connection(), hostKey: other },
                create: `touch ${join(made.dir, "ran")}`,
            });
            return Promise.resolve({});
        });
        await assert.rejects(made.stack.up(), /Host denied|host key|verification failed/i);
        assert.equal(existsSync(join(made.dir, "ran")), false);
    });

    it("tries to connect as often as dialErrorLimit says", async () => {
        const before = server.connections();
        const stranger = newKeyPair().private;
        await using made = await makeStack(["command"], () => {
            new remote.Command("command", {
                connection: { ...connection(), privateKey: stranger, dialErrorLimit: 2 },
                create: "true",
            });
            return Promise.resolve({});
        });
        await assert.rejects(made.stack.up(), /after 2 failed attempts/);
        assert.equal(server.connections() - before, 3);
    });

    it("fails with the exit status and both streams of a command that fails", async () => {
        await using made = await makeStack(["command"], () => {
            new remote.Command("command", { connection: connection(), create: "echo out; echo err >&2; exit 7" });
            return Promise.resolve({});
        });
        await assert.rejects(made.stack.up(), (error: Error) => {
            assert.match(error.message, /Process exited with status 7: running "echo out; echo err >&2; exit 7"/);
            assert.match(error.message, /out/);
            return true;
        });
        assert.doesNotMatch(made.state(), /"command:remote:Command"/, "what failed is not in the state");
    });

    it("copies a file, makes its parent directories, and copies again only when the content changed", async () => {
        const content = randomBytes(3_000_000);
        let text = "one";
        await using made = await makeStack(["command"], () => {
            writeFileSync(join(made.dir, "source"), content);
            const common = { connection: connection() };
            new remote.CopyToRemote("file", {
                ...common,
                source: new pulumi.asset.FileAsset(join(made.dir, "source")),
                remotePath: join(made.dir, "deep/er/copy"),
            });
            new remote.CopyToRemote("text", {
                ...common,
                source: new pulumi.asset.StringAsset(text),
                remotePath: join(made.dir, "text"),
            });
            return Promise.resolve({});
        });
        await made.stack.up();
        assert.ok(readFileSync(join(made.dir, "deep/er/copy")).equals(content));
        assert.equal(readFileSync(join(made.dir, "text"), "utf8"), "one");

        const before = server.connections();
        assert.deepEqual((await made.stack.up()).summary.resourceChanges, { same: 3 });
        assert.equal(server.connections(), before);

        text = "two";
        assert.deepEqual((await made.stack.up()).summary.resourceChanges, { same: 2, update: 1 });
        assert.equal(readFileSync(join(made.dir, "text"), "utf8"), "two");
    });

    it("refuses to copy what a preview cannot know, as the official plugin does", async () => {
        await using made = await makeStack(["command"], () => {
            const text = new local.Command("text", { create: "echo text" }).stdout;
            new remote.CopyToRemote("file", {
                connection: connection(),
                source: text.apply((known) => new pulumi.asset.StringAsset(known)),
                remotePath: join(made.dir, "copy"),
            });
            return Promise.resolve({});
        });
        await assert.rejects(made.stack.preview(), /either asset or archive must be set/);
    });

    it("runs a local command in its directory with its environment and standard input", async () => {
        await using made = await makeStack(["command"], () => {
            const command = new local.Command("here", {
                create: 'echo "$(pwd) $NAME $(cat)"',
                delete: `echo gone > ${join(made.dir, "deleted")}`,
                dir: made.dir,
                environment: { NAME: "value" },
                stdin: "input",
            });
            return Promise.resolve({ stdout: command.stdout });
        });
        assert.equal((await made.stack.up()).outputs["stdout"]?.value, `${made.dir} value input`);
        await made.stack.destroy();
        assert.equal(readFileSync(join(made.dir, "deleted"), "utf8"), "gone\n");
    });

    it("ends a running command, and what it started, when the update is cancelled", async () => {
        const cancel = new AbortController();
        await using made = await makeStack(["command"], () => {
            const pids = join(made.dir, "pids");
            new local.Command("long", { create: `echo $$ > ${pids}; sleep 300 & echo $! >> ${pids}; wait` });
            return Promise.resolve({});
        });
        const up = made.stack.up({ signal: cancel.signal });
        const pids = (): number[] =>
            existsSync(join(made.dir, "pids"))
                ? readFileSync(join(made.dir, "pids"), "utf8").trim().split("\n").map(Number)
                : [];
        const deadline = Date.now() + 20_000;
        while (pids().length < 2 && Date.now() < deadline) await sleep(50);
        assert.equal(pids().length, 2);
        cancel.abort();
        await assert.rejects(up);
        const left = (): number[] => pids().filter((pid) => existsSync(`/proc/${pid}`));
        for (const end = Date.now() + 5000; left().length > 0 && Date.now() < end;) await sleep(50);
        assert.deepEqual(left(), []);
    });
});
