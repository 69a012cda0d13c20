import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { Load } from "../../../local/app/load.ts";
import { writesOf } from "../../../scripts/drill/load.ts";

describe("what the load did", () => {
    it("may be asked for long after the log could not be read, and ends no process meanwhile", async () => {
        const unhandled: unknown[] = [];
        const listeners = process.listeners("unhandledRejection");
        process.removeAllListeners("unhandledRejection");
        process.on("unhandledRejection", (reason) => unhandled.push(reason));
        try {
            const load: Load = {
                stats: () => ({ acknowledged: 0, failed: 0, created: 0, deactivated: 0, slotsWritten: 0 }),
                stop: () => Promise.reject(new Error("no space left")),
            };
            const writes = writesOf({ load, logPath: "/nonexistent/load.jsonl" });
            await wait(20);
            assert.deepEqual(unhandled, []);
            await assert.rejects(writes, /no space left/);
        } finally {
            process.removeAllListeners("unhandledRejection");
            for (const listener of listeners) process.on("unhandledRejection", listener);
        }
    });
});
