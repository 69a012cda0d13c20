import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cadencesFor } from "../../components/cost/requests.ts";
import { type Housekeeping, housekeeping } from "../../components/render/litestream-yml.ts";
import { compare, type Comparison } from "../../local/bench/compare.ts";
import { benchReplication } from "../../local/bench/replicate.ts";
import { toolPath } from "../support/tools.ts";

/** Housekeeping in seconds instead of hours, so that a window of less than a minute sees all of it but the retention. */
const faster = {
    levelSeconds: [4, 12, 24],
    snapshotSeconds: 24,
    snapshotKeptSeconds: 240,
    l0CheckSeconds: 8,
    l0KeptSeconds: 12,
} as const satisfies Housekeeping;

async function measure(more: { seconds: number; fast: boolean }): Promise<Map<string, Comparison>> {
    const folder = mkdtempSync(join(tmpdir(), "slotkeeper-requests-"));
    try {
        const result = await benchReplication({
            folder,
            litestream: toolPath("litestream"),
            versitygw: toolPath("versitygw"),
            idle: 4,
            busy: 2,
            rpoSeconds: 15,
            settleSeconds: 12,
            seconds: more.seconds,
            ...(more.fast && { housekeeping: faster }),
            progress: () => undefined,
            signal: AbortSignal.timeout(100_000),
        });
        const { slots, global } = cadencesFor(15);
        const kept = more.fast ? faster : housekeeping;
        const rows = compare(result, { ...slots, housekeeping: kept }, { ...global, housekeeping: kept });
        return new Map(rows.map((row) => [row.kind, row]));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const of = (rows: Map<string, Comparison>, kind: Comparison["kind"]): Comparison => {
    const row = rows.get(kind);
    assert.ok(row, `nothing was counted of the ${kind}`);
    return row;
};

// A slow machine makes fewer requests than the model, never more: what is counted bounds the model from below only loosely.
describe("Litestream's requests, by the store's own log", () => {
    const seconds = { usual: 20, fast: 30 };
    let usual: Map<string, Comparison>;
    let fast: Map<string, Comparison>;

    before(async () => {
        [usual, fast] = await Promise.all([
            measure({ seconds: seconds.usual, fast: false }),
            measure({ seconds: seconds.fast, fast: true }),
        ]);
    });

    it("are none of an idle database, and one upload a tick of a busy one, as the costs are reckoned", () => {
        const idle = of(usual, "idle slot").measured;
        const inWindow = (perHour: number) => (perHour * seconds.usual) / 3600;
        // A minute after its start Litestream writes one transaction of its own; at the full five minutes it is merged.
        assert.ok(inWindow(idle.put) <= 2, `${inWindow(idle.put)} uploads of an idle slot`);
        assert.ok(inWindow(idle.list) <= 4, `${inWindow(idle.list)} listings of an idle slot`);
        for (const kind of ["busy slot", "global database"] as const) {
            const { measured, model } = of(usual, kind);
            assert.ok(measured.put > 0, `${kind}: nothing was uploaded, so nothing was measured`);
            assert.ok(measured.put <= model.put * 2, `${kind}: ${measured.put} uploads an hour, modelled ${model.put}`);
        }
    });

    it("are those of the model where the housekeeping comes in seconds, class by class", () => {
        // What is merged of the first copies, and of Litestream's own transaction: once, after a start.
        const onceAfterStart = { put: 8, list: 24, get: 4 };
        for (const kind of ["idle slot", "busy slot", "global database"] as const) {
            const { measured, model } = of(fast, kind);
            for (const billed of ["put", "list", "get"] as const) {
                const words = `${kind}: ${measured[billed]} ${billed} an hour, modelled ${model[billed]}`;
                assert.ok(
                    measured[billed] <= model[billed] * 1.5 + (onceAfterStart[billed] * 3600) / seconds.fast,
                    words,
                );
                if (kind !== "idle slot" || billed === "list") assert.ok(measured[billed] >= model[billed] / 4, words);
            }
        }
    });
});
