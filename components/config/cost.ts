import { z } from "zod";

/** The promised RPO in seconds. */
export const rpoSecondsSchema = z.number().int().min(3, "Litestream cannot promise less than 3").max(3600).default(15);

const usd = z.number().min(0);

/** What the month's estimate is made from; docs/costs.md explains each. */
export const costSchema = z.strictObject({
    budgetUsd: z.number().positive().default(10),
    slots: z.number().int().min(0).default(200),
    slotMb: z.number().positive().default(3),
    globalMb: z.number().positive().default(5),
    /** Slots that are being written to at a busy moment, without a pause longer than a third of the RPO. */
    busySlots: z.number().int().min(0).default(20),
    busyHoursPerDay: z.number().min(0).max(24).default(12),
    /** What one of them uploads in a busy hour. */
    busyMbPerHour: z.number().min(0).default(5),
    /** Slots that change at all in a day; every one when absent. */
    changedSlots: z.number().int().min(0).optional(),
    /** How many snapshots are kept. */
    snapshots: z
        .strictObject({
            daily: z.number().int().min(1).max(366).default(7),
            weekly: z.number().int().min(0).max(520).default(4),
            monthly: z.number().int().min(0).max(120).default(3),
        })
        .prefault({}),
    /** The server of the monthly drill; `false` where it costs nothing. */
    drillServer: z
        .union([
            z.literal(false),
            z.strictObject({
                instanceType: z.string().min(1).default("t4g.medium"),
                volumeGb: z.number().int().min(8).max(16384).default(40),
                minutes: z.number().positive().max(1440).default(60),
                /** Its AWS region; that of an AWS bucket when absent: there what it reads leaves for nothing. */
                region: z.string().min(1).optional(),
            }),
        ])
        .prefault({}),
    /** Prices in USD, where those of the backend's list are not yours. */
    prices: z
        .strictObject({
            storageGbMonth: usd.optional(),
            putPer1000: usd.optional(),
            listPer1000: usd.optional(),
            getPer1000: usd.optional(),
            egressGb: usd.optional(),
        })
        .optional(),
});

/** See {@link costSchema}. */
export type CostConfig = z.infer<typeof costSchema>;
