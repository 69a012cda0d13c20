import assert from "node:assert/strict";
import fc from "fast-check";
import { costSchema } from "../../../components/config/cost.ts";
import { drillUsd, instanceHour } from "../../../components/cost/compute.ts";
import { type CostInput, estimate } from "../../../components/cost/estimate.ts";
import { b2Until2026April, tariffOf } from "../../../components/cost/tariffs.ts";
import { costInputs } from "./arbitrary.ts";

const usual: CostInput = { backend: "b2", rpoSeconds: 15, keepDeletedDays: 7, cost: costSchema.parse({}) };
const usdOf = (input: CostInput) => estimate(input).monthlyUsd;
/** Sums of many numbers differ in their last digits. */
const atMost = (less: number, more: number) => less <= more + 1e-9 * Math.max(1, more);

describe("the monthly estimate", () => {
    it("is the sum of its lines, none of which is negative", () => {
        fc.assert(
            fc.property(costInputs, (input) => {
                const { monthlyUsd, lines, outside } = estimate(input);
                const total = lines.reduce((sum, line) => sum + line.monthlyUsd, 0);
                assert.ok(Number.isFinite(monthlyUsd) && Math.abs(monthlyUsd - total) < 1e-6);
                for (const line of [...lines, ...outside])
                    assert.ok(line.monthlyUsd >= 0, `${line.item}: ${line.from}`);
            }),
        );
    });

    const growing: [string, (input: CostInput, by: number) => CostInput][] = [
        ["slots", (input, by) => withCost(input, { slots: input.cost.slots + by })],
        ["the size of a slot", (input, by) => withCost(input, { slotMb: input.cost.slotMb + by })],
        ["the size of the global database", (input, by) => withCost(input, { globalMb: input.cost.globalMb + by })],
        ["busy slots", (input, by) => withCost(input, { busySlots: input.cost.busySlots + by })],
        ["busy hours", (input, by) => withCost(input, { busyHoursPerDay: Math.min(24, input.cost.busyHoursPerDay + by / 10) })],
        ["what is written", (input, by) => withCost(input, { busyMbPerHour: input.cost.busyMbPerHour + by })],
        ["slots that change", (input, by) => withCost(input, { changedSlots: (input.cost.changedSlots ?? input.cost.slots) + by })],
        ["days for which deleted files are kept", (input, by) => ({ ...input, keepDeletedDays: input.keepDeletedDays + by })],
        ["days for which snapshots are locked", (input, by) => ({ ...input, lockDays: (input.lockDays ?? 0) + by })],
        ["daily snapshots", (input, by) => withSnapshots(input, { daily: input.cost.snapshots.daily + by })],
        ["weekly snapshots", (input, by) => withSnapshots(input, { weekly: input.cost.snapshots.weekly + by })],
        ["monthly snapshots", (input, by) => withSnapshots(input, { monthly: input.cost.snapshots.monthly + by })],
    ]; // prettier-ignore
    for (const [what, grow] of growing)
        it(`never falls with ${what}`, () => {
            fc.assert(
                fc.property(costInputs, fc.integer({ min: 1, max: 100 }), (input, by) => {
                    const [less, more] = [usdOf(input), usdOf(grow(input, by))];
                    assert.ok(atMost(less, more), `${less} → ${more}`);
                }),
            );
        });

    it("makes no more requests at a longer RPO, as long as one request uploads a file", () => {
        fc.assert(
            fc.property(costInputs, fc.integer({ min: 1, max: 100 }), (input, by) => {
                const [less, more] = [estimate({ ...input, rpoSeconds: input.rpoSeconds + by }), estimate(input)];
                for (const kind of ["put", "list", "get"] as const)
                    assert.ok(atMost(less.requests[kind], more.requests[kind]), kind);
            }),
        );
    });

    it("says what a store charges for: uploads on AWS, listings on the B2 of before May 2026, neither on B2 now", () => {
        const usd = (input: CostInput, kind: RegExp) => {
            const line = estimate(input).lines.find(({ item }) => kind.test(item));
            assert.ok(line);
            return line.monthlyUsd;
        };
        assert.ok(usd({ ...usual, backend: "aws", region: "us-east-1" }, /^Uploads \(PUT\)/) > 20);
        assert.equal(usd(usual, /^Uploads \(class A\)/) + usd(usual, /^Listings \(class C\)/), 0);
        const former = { ...usual, tariff: b2Until2026April };
        assert.equal(usd(former, /^Uploads \(class A\)/), 0);
        assert.ok(usd(former, /^Listings \(class C\)/) > 1);
    });

    it("takes stated prices for a store it knows none of, and notes what is left open", () => {
        const unknown = { ...usual, backend: "s3-compatible" as const };
        assert.match(estimate(unknown).notes.join(), /no prices are known of this store/);
        const some = withCost(unknown, { prices: { storageGbMonth: 0.02 } });
        assert.match(estimate(some).notes.join(), /not stated are taken as 0/);
        assert.ok(usdOf(some) > usdOf(unknown));
        assert.match(
            estimate({ ...usual, backend: "aws", region: "eu-west-1" }).notes.join(),
            /those of eu-west-1 differ/,
        );
        const all = { storageGbMonth: 0, putPer1000: 0, listPer1000: 0, getPer1000: 0, egressGb: 0 };
        assert.equal(tariffOf("aws", "eu-west-1", all).note, undefined);
    });

    it("keeps the app's own server out of the total", () => {
        const server = { kind: "ec2", instanceType: "t4g.small", volumeGb: 20 } as const;
        const found = estimate({ ...usual, server });
        assert.equal(found.monthlyUsd, usdOf(usual));
        assert.equal(found.outside.length, 1);
        assert.equal(estimate({ ...usual, server: { kind: "ssh" } }).outside.length, 0);
    });

    it("takes what the replica bucket really holds in place of its own figure", () => {
        assert.ok(usdOf({ ...usual, replicaBytes: 500e9 }) > usdOf(usual));
        assert.ok(usdOf({ ...usual, replicaBytes: 0 }) < usdOf(usual));
    });
});

describe("drillUsd", () => {
    it("is nothing for a machine of one's own, and rises with minutes and size", () => {
        assert.equal(drillUsd({ kind: "ssh" }, 90), 0);
        assert.equal(drillUsd({ kind: "command" }, 90), 0);
        const medium = { kind: "ec2", instanceType: "t4g.medium", volumeGb: 40 } as const;
        // cloud.md: one hour of t4g.medium with 40 GB and an address is about 4.3 cents.
        assert.ok(Math.abs(drillUsd(medium, 60) - 0.043) < 0.0005);
        assert.equal(drillUsd(medium, 0.1), drillUsd(medium, 1), "a minute is billed at least");
        assert.ok(drillUsd({ ...medium, instanceType: "t4g.large" }, 60) > drillUsd(medium, 60));
    });

    it("guesses an unknown instance's price from its size, on the upper side, and says that it does", () => {
        assert.deepEqual(instanceHour("t4g.small"), { usd: 0.0168, known: true });
        const guess = instanceHour("m7i.large");
        assert.equal(guess.known, false);
        assert.ok(guess.usd > 0.1008);
    });
});

function withCost(input: CostInput, change: Partial<CostInput["cost"]>): CostInput {
    return { ...input, cost: { ...input.cost, ...change } };
}

function withSnapshots(input: CostInput, change: Partial<CostInput["cost"]["snapshots"]>): CostInput {
    return withCost(input, { snapshots: { ...input.cost.snapshots, ...change } });
}
