import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { destroy } from "../../../../scripts/drill/phases/destruction.ts";

describe("the destruction of a drill", () => {
    it("never throws, tries a stack twice, and names what could not be removed or looked at", async () => {
        let tries = 0;
        const stack = {
            name: "local-prod",
            cancel: () => Promise.reject(new Error("nothing holds the stack")),
            destroy: () => {
                tries += 1;
                return Promise.reject(new Error("\nthe engine is gone\nmore"));
            },
        } as unknown as Stack;
        const run = { id: "no-run-id", dir: "/nonexistent/no-run-id", env: {} };
        const { destroyed, leftovers } = await destroy(
            run,
            [stack],
            () => undefined,
            () => undefined,
        );
        assert.equal(destroyed, false);
        assert.equal(tries, 2);
        assert.match(leftovers.join("\n"), /^stack local-prod: the engine is gone\nrun no-run-id: .*\nwhat is left of/);
    });
});
