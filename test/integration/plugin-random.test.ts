import assert from "node:assert/strict";
import * as random from "@pulumi/random";
import { makeStack } from "../support/pulumi-stack.ts";

describe("the stand-in of the random plugin", () => {
    it("makes values once, of the asked form, and keeps secret ones encrypted", async () => {
        let keepers = { epoch: "1" };
        await using made = await makeStack(["random"], () => {
            const bytes = new random.RandomBytes("bytes", { length: 32, keepers });
            const password = new random.RandomPassword("password", { length: 40, special: false, minNumeric: 5 });
            const text = new random.RandomString("text", { length: 12, upper: false, special: false });
            const id = new random.RandomId("id", { byteLength: 8, prefix: "p-" });
            const uuid = new random.RandomUuid("uuid");
            return Promise.resolve({
                base64: bytes.base64,
                hex: bytes.hex,
                password: password.result,
                text: text.result,
                idHex: id.hex,
                idDec: id.dec,
                uuid: uuid.result,
            });
        });
        const { outputs } = await made.stack.up();
        const base64 = String(outputs["base64"]?.value);
        assert.equal(Buffer.from(base64, "base64").toString("hex"), outputs["hex"]?.value);
        assert.equal(Buffer.from(base64, "base64").length, 32);
        assert.match(String(outputs["password"]?.value), /^[a-zA-Z0-9]{40}$/);
        assert.ok(String(outputs["password"]?.value).replaceAll(/\D/g, "").length >= 5);
        assert.match(String(outputs["text"]?.value), /^[a-z0-9]{12}$/);
        assert.match(String(outputs["idHex"]?.value), /^p-[0-9a-f]{16}$/);
        assert.equal(
            BigInt(`0x${String(outputs["idHex"]?.value).slice(2)}`).toString(),
            String(outputs["idDec"]?.value).slice(2),
        );
        assert.match(String(outputs["uuid"]?.value), /^[0-9a-f-]{36}$/);
        for (const name of ["base64", "hex", "password"]) {
            assert.equal(outputs[name]?.secret, true, name);
            assert.equal(made.state().includes(String(outputs[name].value)), false, `${name} is in the state in clear`);
        }
        assert.equal(made.state().includes(String(outputs["uuid"]?.value)), true);

        const again = await made.stack.up();
        assert.deepEqual(again.summary.resourceChanges, { same: 6 });
        assert.deepEqual(again.outputs, outputs);

        keepers = { epoch: "2" };
        const third = await made.stack.up();
        assert.deepEqual(third.summary.resourceChanges, { same: 5, replace: 1 });
        assert.notEqual(third.outputs["base64"]?.value, base64);
        assert.equal(third.outputs["password"]?.value, outputs["password"]?.value);
        await made.stack.destroy();
    });

    it("refuses a length that makes no sense", async () => {
        await using made = await makeStack(["random"], () => {
            new random.RandomBytes("bytes", { length: 0 });
            return Promise.resolve({});
        });
        await assert.rejects(made.stack.preview(), /expected a whole number of at least 1, got 0/);
    });
});
