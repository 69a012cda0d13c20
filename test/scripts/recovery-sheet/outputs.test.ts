import assert from "node:assert/strict";
import { SlotkeeperError } from "../../../scripts/errors.ts";
import { sheetOutputs } from "../../../scripts/recovery-sheet/outputs.ts";
import { sheetValues } from "../../support/sheet-values.ts";

const refusal = (outputs: Record<string, unknown>): SlotkeeperError => {
    try {
        sheetOutputs("prod", outputs);
    } catch (error) {
        if (error instanceof SlotkeeperError) return error;
        throw error;
    }
    throw new Error("it was not refused");
};

describe("the outputs that a sheet is made from", () => {
    it("are some of those that production exports", async () => {
        const { outputs } = await sheetValues();
        assert.deepEqual(sheetOutputs("prod", { ...outputs, role: "production", appUrl: "http://x" }), outputs);
    });

    it("are not those of staging", async () => {
        const { kind, message, hint } = refusal({ role: "staging", location: (await sheetValues()).outputs.location });
        assert.equal(kind, "usage");
        assert.match(`${message} ${hint ?? ""}`, /prod is a staging stack.*production's stack/);
    });

    it("are named where they are missing or wrong, and not shown", async () => {
        const { outputs } = await sheetValues();
        const { encryptionIdentities, ...rest } = outputs;
        const [first] = encryptionIdentities;
        const wrong = { ...rest, recoveryKey: { secret: "hush" }, encryptionIdentities: [{ ...first, identity: 7 }] };
        const { kind, message, hint } = refusal(wrong);
        assert.equal(kind, "usage");
        assert.match(message, /recoveryKey\.keyId, encryptionIdentities\.0\.identity missing or wrong/);
        assert.equal(/hush|7$/.test(message), false);
        assert.match(hint ?? "", /npm run pulumi -- up --stack prod/);
        assert.match(refusal({ ...rest, encryptionIdentities: [] }).message, /encryptionIdentities missing or wrong/);
        assert.match(refusal({}).message, /location, recoveryKey, encryption, encryptionIdentities, fleet/);
    });
});
