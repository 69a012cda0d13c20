import assert from "node:assert/strict";
import { execa } from "execa";
import { disposalScript, disposeScript, timerScript, wipeScript } from "../../../components/render/disposal.ts";
import { verificationScript } from "../../../components/render/verification.ts";

const disposal = {
    dataDir: "/app/it's data",
    expiresAt: "2026-11-07T11:00:00.000Z",
    lifetimeMinutes: 120,
    powersOff: true,
};

describe("the scripts of a staging server's end", () => {
    it("are shell that a shell can read", async () => {
        const scripts = [wipeScript("/app/it's data"), disposeScript("/app/it's data"), disposalScript(disposal), timerScript(disposal)]; // prettier-ignore
        for (const script of [...scripts, verificationScript(true), verificationScript(false)])
            await execa("sh", ["-n"], { input: script });
    });

    it("set a timer by the clock, which a restart does not lose", () => {
        const text = timerScript(disposal);
        const [, calendar = ""] = /^OnCalendar=(.*)$/m.exec(text) ?? [];
        assert.equal(calendar, "2026-11-07 11:00:00 UTC");
        assert.match(text, /Persistent=true/);
        assert.match(text, /poweroff/);
        assert.doesNotMatch(timerScript({ ...disposal, powersOff: false }), /poweroff/);
    });

    it("remove nothing where no drill has been", async () => {
        const { stdout } = await execa("sh", ["-c", wipeScript("/nonexistent/data")]);
        assert.equal(stdout, "nothing of a drill is here");
    });
});

describe("the verification of a staging server", () => {
    const run = (fails: boolean, status: number) =>
        execa("sh", ["-c", `timeout() { echo '{"verdict":1}'; return ${status}; }\n${verificationScript(fails)}`], {
            reject: false,
        });

    it("fails the update for a failed check only where it is told to", async () => {
        assert.equal((await run(true, 11)).exitCode, 11);
        const reported = await run(false, 11);
        assert.equal(reported.exitCode, 0);
        assert.equal(reported.stdout, '{"verdict":1}');
        for (const fails of [true, false]) {
            assert.equal((await run(fails, 0)).stdout, '{"verdict":1}');
            assert.equal((await run(fails, 10)).exitCode, 10, "no global database is no failed check");
        }
    });
});
