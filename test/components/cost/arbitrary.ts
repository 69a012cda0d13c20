import fc from "fast-check";
import { costSchema } from "../../../components/config/cost.ts";
import type { CostInput } from "../../../components/cost/estimate.ts";

const cost = fc
    .record({
        budgetUsd: fc.double({ min: 0.01, max: 500, noNaN: true }),
        slots: fc.integer({ min: 0, max: 3000 }),
        slotMb: fc.double({ min: 0.1, max: 2000, noNaN: true }),
        globalMb: fc.double({ min: 0.1, max: 5000, noNaN: true }),
        busySlots: fc.integer({ min: 0, max: 3000 }),
        busyHoursPerDay: fc.double({ min: 0, max: 24, noNaN: true }),
        busyMbPerHour: fc.double({ min: 0, max: 500, noNaN: true }),
        changedSlots: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
        snapshots: fc.record({
            daily: fc.integer({ min: 1, max: 30 }),
            weekly: fc.integer({ min: 0, max: 10 }),
            monthly: fc.integer({ min: 0, max: 12 }),
        }),
        drillServer: fc.oneof(
            fc.constant<false>(false),
            fc.record({
                instanceType: fc.constantFrom("t4g.nano", "t4g.medium", "m7g.2xlarge", "x99.metal"),
                volumeGb: fc.integer({ min: 8, max: 500 }),
                minutes: fc.integer({ min: 1, max: 1440 }),
                region: fc.constantFrom("us-east-1", "eu-central-1"),
            }),
        ),
        prices: fc.option(
            fc.record({ storageGbMonth: fc.double({ min: 0, max: 0.1, noNaN: true }), putPer1000: fc.constant(0.01) }),
            { nil: undefined },
        ),
    })
    .map((value) => costSchema.parse(value));

/** Any stack that the configuration allows. */
export const costInputs: fc.Arbitrary<CostInput> = fc.record({
    backend: fc.constantFrom("b2", "aws", "s3-compatible"),
    region: fc.constantFrom(undefined, "us-east-1", "eu-central-1"),
    rpoSeconds: fc.integer({ min: 3, max: 3600 }),
    keepDeletedDays: fc.integer({ min: 1, max: 365 }),
    lockDays: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
    lifecycle: fc.boolean(),
    storedShare: fc.double({ min: 0.1, max: 1, noNaN: true }),
    cost,
});
