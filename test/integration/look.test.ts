import assert from "node:assert/strict";
import { lookAt } from "../../scripts/commands/look.ts";
import { newKeyPair } from "../support/ssh-key.ts";
import { startSshServer, type SshServer } from "../support/ssh-server.ts";

describe("a look at a server over SSH", () => {
    let server: SshServer;
    before(async () => {
        server = await startSshServer();
    });
    after(() => server.stop());

    const target = (more: object = {}) => {
        const { port, hostKey, privateKey } = server;
        return { host: "127.0.0.1", port, user: "root", hostKey, privateKey, ...more };
    };

    it("finds a server to which nothing was ever applied", async () => {
        assert.deepEqual(await lookAt(target()), { kind: "fresh" });
    });

    for (const [what, more, why] of [
        ["shows another host key", () => ({ hostKey: newKeyPair().public }), /cannot be reached/],
        ["does not answer", () => ({ port: 9 }), /cannot be reached/],
        ["lets this key not in", () => ({ privateKey: newKeyPair().private }), /cannot be reached/],
        ["is given no key", () => ({ privateKey: "placeholder" }), /privateKey/],
    ] as const)
        it(`does not reach a server that ${what}, and shows no key`, async () => {
            const look = await lookAt(target(more()));
            assert.ok(look.kind === "unreachable");
            assert.match(look.why, why);
            assert.doesNotMatch(look.why, /PRIVATE KEY/);
        });
});
