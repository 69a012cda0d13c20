import assert from "node:assert/strict";
import { bech32 } from "@scure/base";
import fc from "fast-check";
import { ageIdentity, ageRecipient, gpgPassphrase } from "../../../components/render/snapshot-secret.ts";

const password = fc.string({ minLength: 64, maxLength: 64 });

describe("what is derived from a generation's password", () => {
    // Old snapshots can be read only as long as these stay as they are.
    it("is forever the same", async () => {
        const known = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        const identity = "AGE-SECRET-KEY-1UEUTQ9MWUN0DYGGK5JZWLHT55YG3MQDLQYVXPU6ESYF2CNJUUDVSCC0423";
        assert.equal(ageIdentity(known), identity);
        assert.equal(await ageRecipient(identity), "age1h7l9qlpcualzuyk3gjchg6hcefxhrl0m34k7ml9nu9vzamxrn44qx0zfgy");
        assert.equal(gpgPassphrase(known), "0e09e8fd8c4a5169812e3aa0ac52660d4ccd8471b1c0a307b04a9d11d6c7a620");
    });

    it("is a valid age identity, whose recipient is one, for every password", async () => {
        await fc.assert(
            fc.asyncProperty(password, async (text) => {
                const identity = ageIdentity(text);
                assert.match(identity, /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/);
                assert.equal(bech32.decodeToBytes(identity).bytes.length, 32);
                assert.match(await ageRecipient(identity), /^age1[02-9ac-hj-np-z]{58}$/);
            }),
            { numRuns: 50 },
        );
    });

    it("is the same for the same password, and another for another", () => {
        fc.assert(
            fc.property(password, password, (one, other) => {
                assert.equal(ageIdentity(one), ageIdentity(one));
                assert.equal(gpgPassphrase(one), gpgPassphrase(one));
                assert.equal(ageIdentity(one) === ageIdentity(other), one === other);
                assert.equal(gpgPassphrase(one) === gpgPassphrase(other), one === other);
            }),
        );
    });

    it("shows nothing of the password, nor of the age identity in the passphrase that a server holds", () => {
        fc.assert(
            fc.property(password, (text) => {
                const scalar = Buffer.from(bech32.decodeToBytes(ageIdentity(text)).bytes).toString("hex");
                assert.match(gpgPassphrase(text), /^[0-9a-f]{64}$/);
                assert.notEqual(gpgPassphrase(text), scalar);
                assert.equal(gpgPassphrase(text).includes(text), false);
            }),
        );
    });

    it("refuses a mistyped identity", async () => {
        const identity = ageIdentity("x".repeat(64));
        const last = identity.at(-1) === "Q" ? "P" : "Q";
        await assert.rejects(ageRecipient(identity.slice(0, -1) + last), /checksum/i);
    });
});
