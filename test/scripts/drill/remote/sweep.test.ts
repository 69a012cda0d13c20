import assert from "node:assert/strict";
import { type Found, planSweep } from "../../../../scripts/drill/remote/sweep.ts";

const now = Date.parse("2026-11-07T09:00:00Z");
const plan = (found: Partial<Found>, forced = false) =>
    planSweep({ stack: "staging", empty: false, expiresAt: now + 3_600_000, owner: "unknown", ...found }, now, forced);

describe("what becomes of a stack that is already there", () => {
    it("is nothing where it is empty", () => {
        assert.equal(plan({ empty: true }), null);
        assert.equal(plan({ empty: true, expiresAt: null }, true), null);
    });

    it("is a sweep where it has expired, or its drill is known to be dead", () => {
        assert.match(plan({ expiresAt: now }) ?? "", /expired \(2026-11-07T09:00:00/);
        assert.match(plan({ owner: "dead" }) ?? "", /killed/);
        assert.match(plan({ owner: "dead", expiresAt: null }) ?? "", /killed/);
    });

    it("is a refusal that says until when, where somebody may be drilling it", () => {
        assert.throws(
            () => plan({}),
            (error: Error & { kind: string; hint: string }) => {
                assert.equal(error.kind, "locked");
                assert.match(error.message, /it ends at 2026-11-07T10:00:00/);
                assert.match(error.hint, /--sweep/);
                return true;
            },
        );
        assert.throws(() => plan({ expiresAt: null }), /does not say when it ends/);
    });

    it("is a sweep where the person asks for it", () => {
        assert.match(plan({}, true) ?? "", /--sweep/);
    });
});
