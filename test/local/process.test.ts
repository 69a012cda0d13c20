import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { identify, liveness, parseStat, waitUntil } from "../../local/process.ts";

describe("process identity", () => {
    it("reads state and start time behind a command name with spaces and brackets", () => {
        const tail = Array.from({ length: 40 }, (_, i) => String(i)).join(" ");
        assert.deepEqual(parseStat(`4711 (a) R (b) S ${tail}`), { state: "S", startTime: "18" });
        assert.equal(parseStat(""), undefined);
    });

    it("knows this process as alive", () => {
        const self = identify(process.pid);
        assert.ok(self !== undefined);
        assert.equal(liveness(self), "alive");
    });

    it("is not fooled by a pid that another process has now", () => {
        const self = identify(process.pid);
        assert.ok(self !== undefined);
        assert.equal(liveness({ ...self, startTime: `${self.startTime}0` }), "ended");
        assert.equal(liveness({ ...self, bootId: "another boot" }), "ended");
    });

    it("does not judge a process of another pid namespace", () => {
        const self = identify(process.pid);
        assert.ok(self !== undefined);
        assert.equal(liveness({ ...self, pidNamespace: "pid:[1]" }), "elsewhere");
    });

    it("sees the end of a process", async () => {
        const child = spawn("sleep", ["60"]);
        await once(child, "spawn");
        const identity = identify(child.pid ?? 0);
        assert.ok(identity !== undefined);
        child.kill("SIGKILL");
        assert.ok(await waitUntil(() => liveness(identity) === "ended", 2_000));
    });
});
