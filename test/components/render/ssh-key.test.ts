import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { publicHalf } from "../../../components/render/ssh-key.ts";
import { newKeyPair } from "../../support/ssh-key.ts";

describe("the public half of a key", () => {
    it("is what ssh-keygen says it is", () => {
        const pair = newKeyPair();
        assert.equal(publicHalf(pair.private), pair.public.split(" ").slice(0, 2).join(" "));
    });

    it("is found in PEM, too", () => {
        const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        assert.match(publicHalf(privateKey.export({ type: "pkcs1", format: "pem" }).toString()), /^ssh-rsa AAAA/);
    });

    it("is refused of a type that EC2 does not take", () => {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
        const pem = privateKey.export({ type: "sec1", format: "pem" }).toString();
        assert.throws(
            () => publicHalf(pem),
            /key of type ecdsa-sha2-nistp256, and EC2 takes only ssh-ed25519 and ssh-rsa/,
        );
    });

    for (const [title, text] of [
        ["nothing", ""],
        ["a public key", newKeyPair().public],
        ["half a key", newKeyPair().private.slice(0, 120)],
    ] as const)
        it(`is refused of ${title}, without showing any of it`, () => {
            assert.throws(
                () => publicHalf(text),
                (error: Error) => /not a private key/.test(error.message) && (text === "" || !error.message.includes(text.slice(20, 40))), // prettier-ignore
            );
        });
});
