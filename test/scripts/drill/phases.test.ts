import assert from "node:assert/strict";
import { Phases } from "../../../scripts/drill/phases.ts";
import { newRecord } from "../../../scripts/drill/record.ts";

function world(save: () => Promise<void>) {
    const record = newRecord({ stack: "local-staging", seed: 1, startedAt: new Date() });
    return { record, phases: new Phases(record, save, () => undefined, new AbortController().signal) };
}

describe("the phases of a drill", () => {
    it("do their work, a destruction above all, also where the record cannot be written, and say so", async () => {
        const { record, phases } = world(() => Promise.reject(new Error("no space left")));
        let destroyed = false;
        const run = phases.run("destruction", () => {
            destroyed = true;
            return Promise.resolve();
        });
        await assert.rejects(run, /no space left/);
        assert.ok(destroyed);
        assert.deepEqual(record.phases.map(({ status }) => status), ["done"]); // prettier-ignore
    });

    it("tell what went wrong first", async () => {
        const { record, phases } = world(() => Promise.reject(new Error("no space left")));
        await assert.rejects(
            phases.run("fleet", () => Promise.reject(new Error("a broken fleet"))),
            /a broken fleet/,
        );
        assert.deepEqual(record.phases.map(({ status }) => status), ["failed"]); // prettier-ignore
    });
});
