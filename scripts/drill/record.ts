import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";

const check = z.object({
    id: z.string(),
    /** "global", a slot's id, or null for the fleet as a whole. */
    database: z.string().nullable(),
    status: z.enum(["passed", "failed", "inconclusive", "not-run"]),
    expected: z.string(),
    actual: z.string(),
    /** What to do about it; empty when passed. */
    remedy: z.string(),
});

/** One verified fact. */
export type Check = z.infer<typeof check>;

const database = z.object({
    id: z.string(),
    kind: z.enum(["global", "slot"]),
    bytes: z.int(),
    txid: z.string().nullable(),
    /** When its newest restored transaction was replicated; not said by older records. */
    restorePointAt: z.iso.datetime().nullable().default(null),
    restoreSeconds: z.number(),
    /** Age of the oldest acknowledged write that did not survive, at the disaster; 0 = none was lost, null = not measured. */
    lagSeconds: z.number().nullable(),
    lostWrites: z.int().nullable(),
    status: z.enum(["restored", "lost-within-rpo", "failed"]),
    problem: z.string().nullable(),
});

/** What became of one database of production. */
export type DatabaseOutcome = z.infer<typeof database>;

const phase = z.object({
    name: z.string(),
    startedAt: z.iso.datetime(),
    seconds: z.number(),
    status: z.enum(["running", "done", "failed", "interrupted"]),
});

/** The JSON a drill writes as it goes; fields are added, never renamed or removed (docs/record.md). */
export const recordSchema = z.object({
    version: z.literal(1),
    runId: z.string(),
    stack: z.string(),
    verdict: z.enum(["passed", "failed"]),
    /** Why the drill could not be carried to its end; null when it was. */
    failure: z
        .object({
            kind: z.enum(["bug", "usage", "notFound", "checkFailed", "locked", "remote", "interrupted"]),
            message: z.string(),
            hint: z.string(),
        })
        .nullable(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    seed: z.int(),
    /** Whose backups were drilled, and whether that stack's server could be asked; null for a local drill's own. */
    production: z.object({ stack: z.string(), asked: z.boolean() }).nullable().default(null),
    /** When a staging stack ends by itself; null for a local drill. */
    expiresAt: z.iso.datetime().nullable().default(null),
    toolchain: z.array(z.object({ name: z.string(), version: z.string(), source: z.string() })),
    fleet: z.object({ databases: z.int(), slots: z.int(), bytes: z.int() }),
    load: z
        .object({
            seconds: z.number(),
            acknowledged: z.int(),
            lost: z.int(),
            slotsWritten: z.int(),
            created: z.int(),
            deactivated: z.int(),
        })
        .nullable(),
    phases: z.array(phase),
    databases: z.array(database),
    checks: z.array(check),
    rpo: z.object({
        targetSeconds: z.number(),
        worstSeconds: z.number().nullable(),
        p50Seconds: z.number().nullable(),
    }),
    rto: z.object({
        targetSeconds: z.number(),
        /** From "the server is gone" to "the app answers from restored data, all verified". */
        fleetSeconds: z.number().nullable(),
        slotWorstSeconds: z.number().nullable(),
        slotP50Seconds: z.number().nullable(),
    }),
    cost: z.object({ drillUsd: z.number(), monthlyUsd: z.number().nullable(), budgetUsd: z.number() }),
    /** `kept` when the person asked for it: then nothing is destroyed before `--end`; not said by older records. */
    cleanup: z.object({ destroyed: z.boolean(), kept: z.boolean().default(false), leftovers: z.array(z.string()) }),
});

/** See {@link recordSchema}. */
export type DrillRecord = z.infer<typeof recordSchema>;

/** A record of a drill that has just begun: failed until shown otherwise. */
export function newRecord(start: Pick<DrillRecord, "stack" | "seed"> & { startedAt: Date }): DrillRecord {
    return {
        version: 1,
        runId: "",
        stack: start.stack,
        verdict: "failed",
        failure: null,
        startedAt: start.startedAt.toISOString(),
        finishedAt: null,
        seed: start.seed,
        production: null,
        expiresAt: null,
        toolchain: [],
        fleet: { databases: 0, slots: 0, bytes: 0 },
        load: null,
        phases: [],
        databases: [],
        checks: [],
        rpo: { targetSeconds: 15, worstSeconds: null, p50Seconds: null },
        rto: { targetSeconds: 900, fleetSeconds: null, slotWorstSeconds: null, slotP50Seconds: null },
        cost: { drillUsd: 0, monthlyUsd: null, budgetUsd: 10 },
        cleanup: { destroyed: false, kept: false, leftovers: [] },
    };
}

/** Writes the record beside its earlier version and renames it into place: a reader never sees half of one. */
export async function writeRecord(folder: string, record: DrillRecord): Promise<void> {
    await mkdir(folder, { recursive: true });
    await replaceFile(join(folder, "drill.json"), `${JSON.stringify(recordSchema.parse(record), undefined, 2)}\n`);
}

/** Points `latest` beside a report's folder to it. */
export async function markLatest(folder: string): Promise<void> {
    const link = join(dirname(folder), "latest");
    const fresh = `${link}.${String(process.pid)}`;
    await rm(fresh, { force: true });
    await symlink(relative(dirname(link), folder) || basename(folder), fresh);
    await rename(fresh, link);
}

/** Replaces a file's content in one step. */
export async function replaceFile(path: string, content: string): Promise<void> {
    const fresh = `${path}.${String(process.pid)}`;
    await writeFile(fresh, content);
    await rename(fresh, path);
}
