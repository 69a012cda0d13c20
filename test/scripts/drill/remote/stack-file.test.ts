import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planRemoteDrill } from "../../../../scripts/drill/remote/plan.ts";
import { readStackFile } from "../../../../scripts/drill/remote/stack-file.ts";

const good = `config:
  slotkeeper:role: staging
  slotkeeper:drill: true
  slotkeeper:production: prod
  slotkeeper:server: { kind: ssh, host: 192.0.2.1, hostKey: ssh-ed25519 AAAA }
  slotkeeper:sshPrivateKey:
    secure: v1:abc
`;

describe("the file of a staging stack", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "slotkeeper-stack-file-"));
        writeFileSync(join(folder, "Pulumi.yaml"), "name: slotkeeper\nruntime: nodejs\n");
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    const read = (text: string, stack = "staging") => {
        writeFileSync(join(folder, "Pulumi.staging.yaml"), text);
        return readStackFile(planRemoteDrill({ stack }, folder), folder);
    };
    const refused = (text: string, message: RegExp, stack?: string) => {
        assert.throws(() => read(text, stack), { kind: "usage", message });
    };

    it("is taken as it is, encrypted values unread", () => {
        const { config, project, text } = read(good);
        assert.equal(project, "slotkeeper");
        assert.equal(config.production, "prod");
        assert.equal(text, readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8"));
        assert.equal(read(good, "acme/slotkeeper/staging").config.drill, true);
    });

    it("says where the key to its secrets is: in the file, or in the backend, which loses it with the stack", () => {
        assert.equal(read(good).keyIsBackends, true);
        const salted = read(`${good}encryptionsalt: v1:salt\n`);
        assert.deepEqual([salted.keyIsBackends, salted.hasKey], [false, true]);
        const kms = read(`${good}secretsprovider: awskms://alias/x\nencryptedkey: key\n`);
        assert.deepEqual([kms.keyIsBackends, kms.secretsProvider], [false, "awskms://alias/x"]);
        const plain = read(good.replace("\n    secure: v1:abc", " key"));
        assert.deepEqual([plain.keyIsBackends, plain.hasKey], [false, false]);
    });

    it("is refused unless it says both that it is staging and a drill's", () => {
        refused(good.replace("role: staging", "role: production"), /says role "production" and drill "true"/);
        refused(good.replace("drill: true", "drill: false"), /says role "staging" and drill "false"/);
        refused(good.replace("  slotkeeper:drill: true\n", ""), /drill nothing/);
        refused("config: {}\n", /says role nothing and drill nothing/);
        refused(good.replace("role: staging", "role: {secure: v1:abc}"), /says role "sealed"/);
    });

    it("is refused with a key it should not have, a placeholder, or without a server's key", () => {
        refused(`${good}  slotkeeper:storage: {backend: b2}\n`, /storage/);
        refused(good.replace("\n    secure: v1:abc", " placeholder"), /sshPrivateKey is still the placeholder/);
        refused(good.replace(/ {2}slotkeeper:sshPrivateKey:[^]*/, ""), /sshPrivateKey is not set/);
    });

    it("is refused when it names itself as production, is not there, is no YAML, or another project's is meant", () => {
        refused(good.replace("production: prod", "production: acme/slotkeeper/staging"), /names itself/);
        refused("config: [", /is no stack file/);
        refused(good, /a stack of the project "other"/, "acme/other/staging");
        assert.throws(
            () => readStackFile(planRemoteDrill({ stack: "my-drill" }, folder), folder),
            /there is no .*Pulumi\.my-drill\.yaml/,
        );
    });
});
