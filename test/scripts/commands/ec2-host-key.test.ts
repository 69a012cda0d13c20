import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { consoleMarkers } from "../../../components/render/user-data.ts";
import { EXIT } from "../../../scripts/errors.ts";
import { type ConsoleAnswer, startEc2Api } from "../../support/ec2-api.ts";
import { newKeyPair } from "../../support/ssh-key.ts";

const root = join(import.meta.dirname, "../../..");
const instance = "i-0123456789abcdef0";
const hostKey = newKeyPair().public.split(" ").slice(0, 2).join(" ");
const announced = (line: string) =>
    `Debian GNU/Linux 13\r\n${consoleMarkers.begin}\r\n${line}\r\n${consoleMarkers.end}\r\n`;

describe("slotkeeper ec2-host-key", function () {
    this.timeout(30_000);

    /** The command against an API that gives these answers, as the stack runs it: from the project's folder. */
    async function run(answers: readonly ConsoleAnswer[], more: readonly string[] = [], id = instance) {
        await using api = await startEc2Api(...answers);
        const args = ["ec2-host-key", "--instance", id, "--region", "eu-central-1", "--every", "0.02", ...more];
        const result = await execa(process.execPath, ["scripts/slotkeeper.ts", ...args], {
            cwd: root,
            reject: false,
            env: {
                AWS_ENDPOINT_URL_EC2: api.endpoint,
                AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
                AWS_SECRET_ACCESS_KEY: "hidden-secret",
                AWS_MAX_ATTEMPTS: "1",
            },
        });
        assert.ok(!(result.stdout + result.stderr).includes("hidden-secret"));
        const { exitCode, stdout, stderr } = result;
        return { exitCode, stdout, stderr, requests: api.requests };
    }

    it("prints the key alone when it is there, although the instance was not known at first", async () => {
        const answers = [
            { error: "InvalidInstanceID.NotFound" },
            { console: null },
            { console: "booting" },
            { console: announced(`host-key ${hostKey}`) },
        ];
        const { exitCode, stdout, stderr, requests } = await run(answers);
        assert.equal(exitCode, 0, stderr);
        assert.equal(stdout, hostKey);
        assert.match(stderr, /waiting for i-0123456789abcdef0 to say its SSH host key/);
        assert.equal(requests.length, 4);
        assert.deepEqual([requests[0]?.["Action"], requests[0]?.["InstanceId"], requests[0]?.["Latest"]], ["GetConsoleOutput", instance, "true"]); // prettier-ignore
    });

    it("asks for the console that was kept where the latest cannot be had", async () => {
        const { stdout, requests } = await run([
            { error: "UnsupportedOperation" },
            { console: announced(`host-key ${hostKey}`) },
        ]);
        assert.equal(stdout, hostKey);
        assert.notEqual(requests[1]?.["Latest"], "true");
    });

    it("gives up when it never comes", async () => {
        const { exitCode, stdout, stderr } = await run([{ console: "booting" }], ["--wait", "0.2"]);
        assert.equal(exitCode, EXIT.remote);
        assert.equal(stdout, "");
        assert.match(stderr, /has not said its SSH host key on its console within 0 s: its console has 7 characters/);
    });

    it("refuses a key that is none", async () => {
        const { exitCode, stdout, stderr } = await run([{ console: announced("host-key ssh-ed25519 AAAA") }]);
        assert.equal(exitCode, EXIT.checkFailed);
        assert.equal(stdout, "");
        assert.match(stderr, /is not believed: no well-formed ssh-ed25519 key/);
    });

    it("says it when EC2 refuses, and what it needs", async () => {
        const { exitCode, stderr } = await run([{ error: "UnauthorizedOperation" }]);
        assert.equal(exitCode, EXIT.remote);
        assert.match(stderr, /UnauthorizedOperation[^]*ec2:GetConsoleOutput/);
    });

    it("takes nothing but the id of an instance", async () => {
        const { exitCode, requests } = await run([], [], "i-1; rm -rf /");
        assert.equal(exitCode, EXIT.usage);
        assert.equal(requests.length, 0);
    });
});
