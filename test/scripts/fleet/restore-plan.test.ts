import assert from "node:assert/strict";

import fc from "fast-check";

import { parseLtxKey } from "../../../scripts/fleet/replica-listing.ts";
import type { LtxFile } from "../../../scripts/fleet/restore-plan.ts";
import { SNAPSHOT_LEVEL, formatTxid, planRestore } from "../../../scripts/fleet/restore-plan.ts";

function ltx(level: number, min: number, max: number): LtxFile {
    const key = `${level}/${min}-${max}`;
    return { key, level, minTxid: BigInt(min), maxTxid: BigInt(max), bytes: 100, modifiedAt: max };
}

function planOf(files: LtxFile[]) {
    const { plan, problem } = planRestore(files);
    assert.ok(plan !== null, problem?.message);
    return plan;
}

const keysOf = (files: LtxFile[]) => files.map(({ key }) => key);

describe("planRestore", () => {
    it("starts at the newest snapshot and takes the longest step each time", () => {
        const files = [
            ltx(0, 1, 1),
            ltx(0, 2, 2),
            ltx(0, 3, 3),
            ltx(0, 4, 4),
            ltx(0, 5, 5),
            ltx(1, 2, 4),
            ltx(9, 1, 1),
            ltx(9, 1, 2),
        ];
        const plan = planOf(files);
        assert.deepEqual(keysOf(plan.chain), ["9/1-2", "1/2-4", "0/5-5"]);
        assert.equal(plan.txid, 5n);
        assert.equal(plan.gap, null);
        assert.equal(plan.bytes, 300);
    });

    it("needs no snapshot when the first transactions are there", () => {
        assert.deepEqual(keysOf(planOf([ltx(0, 2, 2), ltx(0, 1, 1)]).chain), ["0/1-1", "0/2-2"]);
    });

    it("stops before a missing transaction and names the gap to its last", () => {
        const plan = planOf([ltx(0, 1, 1), ltx(0, 2, 2), ltx(0, 5, 5), ltx(0, 6, 6)]);
        assert.equal(plan.txid, 2n);
        assert.deepEqual(plan.gap, { fromTxid: 3n, toTxid: 4n });
    });

    it("goes over a hole in one level when another level covers it", () => {
        const plan = planOf([ltx(0, 1, 1), ltx(0, 3, 3), ltx(1, 1, 2)]);
        assert.equal(plan.txid, 3n);
        assert.equal(plan.gap, null);
    });

    it("says that an empty replica is empty", () => {
        assert.match(planRestore([]).problem?.message ?? "", /empty/);
    });

    it("says where a replica without a beginning starts", () => {
        assert.match(planRestore([ltx(0, 18, 18), ltx(0, 19, 19)]).problem?.message ?? "", /0000000000000012/);
    });

    const anyFile = fc
        .record({
            level: fc.constantFrom(0, 1, 2, 3, SNAPSHOT_LEVEL),
            min: fc.integer({ min: 1, max: 30 }),
            size: fc.nat(8),
        })
        .map(({ level, min, size }) => (level === SNAPSHOT_LEVEL ? ltx(level, 1, min) : ltx(level, min, min + size)));
    const anyReplica = fc.array(anyFile, { maxLength: 40 });

    it("plans a chain without a hole that starts at 1 and ends at its TXID, whatever the replica holds", () => {
        fc.assert(
            fc.property(anyReplica, (files) => {
                const { plan } = planRestore(files);
                if (plan === null) return;
                let reached = 0n;
                for (const file of plan.chain) {
                    assert.ok(file.minTxid <= reached + 1n && file.maxTxid > reached, "every file extends the chain");
                    reached = file.maxTxid;
                }
                assert.equal(reached, plan.txid);
            }),
        );
    });

    it("reaches the furthest point that any chain reaches", () => {
        fc.assert(
            fc.property(anyReplica, (files) => {
                let reachable = 0n;
                for (let grows = true; grows;) {
                    grows = false;
                    for (const { minTxid, maxTxid } of files) {
                        if (minTxid > reachable + 1n || maxTxid <= reachable) continue;
                        reachable = maxTxid;
                        grows = true;
                    }
                }
                const { plan } = planRestore(files);
                assert.equal(plan?.txid ?? 0n, reachable);
            }),
        );
    });

    it("names a gap exactly when the replica holds something newer than the chain", () => {
        fc.assert(
            fc.property(anyReplica, (files) => {
                const { plan } = planRestore(files);
                if (plan === null) return;
                const newer = files.filter(({ maxTxid }) => maxTxid > plan.txid);
                assert.equal(plan.gap !== null, newer.length > 0);
                if (plan.gap === null) return;
                const { fromTxid, toTxid } = plan.gap;
                assert.ok(fromTxid === plan.txid + 1n && toTxid >= fromTxid);
                assert.ok(files.every(({ minTxid, maxTxid }) => maxTxid < fromTxid || minTxid > toTxid));
            }),
        );
    });

    it("does not depend on the order of the listing", () => {
        const shuffled = anyReplica.chain((files) => {
            return fc.tuple(fc.constant(files), fc.shuffledSubarray(files, { minLength: files.length }));
        });
        fc.assert(
            fc.property(shuffled, ([files, other]) => {
                assert.equal(planRestore(files).plan?.txid, planRestore(other).plan?.txid);
            }),
        );
    });

    it("plans a long chain in a moment", () => {
        const files = Array.from({ length: 50_000 }, (_, index) => ltx(0, index + 1, index + 1)).reverse();
        const started = performance.now();
        assert.equal(planOf(files).txid, 50_000n);
        assert.ok(performance.now() - started < 2000);
    });
});

describe("parseLtxKey", () => {
    it("reads what formatTxid and Litestream write", () => {
        const key = `a/slots/x.db/0009/${formatTxid(1n)}-${formatTxid(0xffn)}.ltx`;
        assert.deepEqual(parseLtxKey(key), { path: "a/slots/x.db", level: 9, minTxid: 1n, maxTxid: 255n });
    });

    for (const key of ["slots/x.db/0000/", "slots/x.db/0000/1-2.ltx", "slots/x.db/manifest.json", "0000/x.ltx"]) {
        it(`takes ${key} for no LTX file`, () => {
            assert.equal(parseLtxKey(key), null);
        });
    }
});
