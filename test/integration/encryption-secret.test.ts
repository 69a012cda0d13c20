import assert from "node:assert/strict";
import { execaSync } from "execa";
import { EncryptionSecret, requireEveryGeneration } from "../../components/encryption-secret.ts";
import { type Encryption, encryptionIdentitySchema, encryptionSchema } from "../../components/outputs.ts";
import { makeStack, type TestStack } from "../support/pulumi-stack.ts";

/** A stack with an encryption secret and nothing else. */
async function secretStack(settings: { method: "age" | "gpg"; generation: number; disposable: boolean }) {
    return makeStack(["random"], async () => {
        await requireEveryGeneration(settings);
        const secret = new EncryptionSecret("encryption", { encryption: settings, disposable: settings.disposable });
        const { encryption, identities: encryptionIdentities } = secret;
        return { encryption, encryptionIdentities };
    });
}

async function up(made: TestStack) {
    const { outputs, summary } = await made.stack.up();
    assert.equal(outputs["encryptionIdentities"]?.secret, true);
    assert.equal(outputs["encryption"]?.secret, false);
    const encryption: Encryption = encryptionSchema.parse(outputs["encryption"].value);
    const identities = encryptionIdentitySchema.array().parse(outputs["encryptionIdentities"].value);
    return { encryption, identities, changes: summary.resourceChanges };
}

/** What the state, decrypted, holds as passwords. */
function passwordsOf(made: TestStack): string[] {
    const args = ["stack", "export", "--show-secrets", "--stack", "test"];
    const env = { ...made.stack.workspace.envVars, PULUMI_BACKEND_URL: `file://${made.dir}` };
    const { stdout } = execaSync(`${made.dir}/bin/pulumi`, args, { cwd: made.dir, env });
    return [...stdout.matchAll(/"result": \{[^}]*?"plaintext": "\\"(\w{64})\\""/g)].map(([, found]) => found ?? "");
}

describe("the encryption secret in a real stack", () => {
    it("is nowhere in the state in clear, in no generation", async () => {
        const settings = { method: "age" as const, generation: 1, disposable: false };
        await using made = await secretStack(settings);
        const first = await up(made);
        settings.generation = 2;
        const second = await up(made);
        const passwords = passwordsOf(made);
        assert.equal(passwords.length, 2, "both passwords are in the state, encrypted");
        const secrets = [
            ...passwords,
            ...second.identities.flatMap(({ identity, passphrase }) => [identity, passphrase]),
        ];
        assert.equal(secrets.length, 6);
        for (const secret of secrets) assert.equal(made.state().includes(secret), false);
        assert.ok(made.state().includes(second.encryption.recipient ?? "?"), "the recipient is public");
        assert.deepEqual(second.identities.slice(1), first.identities, "the first generation is what it was");
    });

    it("stays as it is when nothing, or only the method, changes", async () => {
        const settings = { method: "age" as "age" | "gpg", generation: 1, disposable: false };
        await using made = await secretStack(settings);
        const first = await up(made);
        const again = await up(made);
        assert.deepEqual(again.changes, { same: 3 });
        assert.deepEqual(again.identities, first.identities);
        settings.method = "gpg";
        const other = await up(made);
        assert.deepEqual(other.identities, first.identities, "snapshots of both methods can be read");
        assert.deepEqual(other.encryption, { method: "gpg", recipient: null, generation: 1 });
    });

    it("is not lost when the generation is lowered, nor when the stack is destroyed", async () => {
        const settings = { method: "age" as const, generation: 2, disposable: false };
        await using made = await secretStack(settings);
        const { identities } = await up(made);
        settings.generation = 1;
        const lowered = /generation is 1, and this stack has made 2: .*Set it to 2/;
        await assert.rejects(made.stack.preview(), lowered);
        // Also without a preview, which `up` of the Automation API does not make: the outputs stay what they are.
        await assert.rejects(made.stack.up(), lowered);
        assert.equal(encryptionSchema.parse((await made.stack.outputs())["encryption"]?.value).generation, 2);
        await assert.rejects(made.stack.destroy(), /cannot be deleted\s+because it is protected/);
        settings.generation = 2;
        assert.deepEqual((await up(made)).identities, identities);
    });

    it("goes with a drill's stack", async () => {
        await using made = await secretStack({ method: "gpg", generation: 2, disposable: true });
        await up(made);
        const { summary } = await made.stack.destroy();
        assert.deepEqual(summary.resourceChanges, { delete: 4 });
    });
});
