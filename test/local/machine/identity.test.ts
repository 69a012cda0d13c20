import assert from "node:assert/strict";
import { requireIdentity } from "../../../local/machine/identity.ts";

const good = { name: "m", address: "10.0.0.2", authorizedKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me@here" };

describe("machine identity", () => {
    it("takes an address and a key, with a comment and without", () => {
        requireIdentity(good);
        requireIdentity({ ...good, authorizedKey: "ssh-ed25519 AAAA" });
        requireIdentity({ ...good, authorizedKey: "sk-ssh-ed25519@openssh.com AAAA" });
    });

    for (const authorizedKey of [
        "",
        "AAAA",
        'command="sh" ssh-ed25519 AAAA',
        "ssh-ed25519 AAAA\nssh-rsa BBBB",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ]) {
        it(`refuses the key ${JSON.stringify(authorizedKey)}, and does not repeat it`, () => {
            assert.throws(
                () => {
                    requireIdentity({ ...good, authorizedKey });
                },
                { kind: "usage", message: "the authorized key is not one OpenSSH public key" },
            );
        });
    }

    for (const address of ["", "10.0.0", "10.0.0.2/24", "10.0.0.2\nDNS=1.1.1.1", "fe80::1"]) {
        it(`refuses the address ${JSON.stringify(address)}`, () => {
            assert.throws(
                () => {
                    requireIdentity({ ...good, address });
                },
                { kind: "usage" },
            );
        });
    }
});
