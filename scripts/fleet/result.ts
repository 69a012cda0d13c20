import { z } from "zod";

/** A failure an operator reads: what is wrong, and what to do about it. */
export const problemSchema = z.object({ message: z.string(), hint: z.string() });

/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;

const probeCell = z.union([z.string(), z.number()]);

/** A probe's answer: no row or NULL, one value, or the values of its rows. */
export const probeAnswerSchema = z.union([z.null(), probeCell, z.array(probeCell)]);

/** See {@link probeAnswerSchema}. */
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

/** What was seen in one database file; holds counts and hashes, and of row content only what the probes ask for. */
export const observationSchema = z.object({
    bytes: z.int().nonnegative(),
    /** Lines of `PRAGMA integrity_check` other than "ok", or why the file could not be read; empty is sound. */
    integrity: z.array(z.string()),
    foreignKeyViolations: z.int().nonnegative(),
    /** SHA-256 of the schema without Litestream's own tables; null when it could not be read. */
    schemaHash: z.string().nullable(),
    tables: z.array(z.object({ name: z.string(), rows: z.int().nonnegative() })),
    /** Typed digest of schema and rows; null when not asked for or not readable. */
    digest: z.string().nullable(),
    probes: z.record(z.string(), probeAnswerSchema),
    /** Probes that failed, with SQLite's words. */
    probeErrors: z.record(z.string(), z.string()),
    verifySeconds: z.number().nonnegative(),
});

/** See {@link observationSchema}. */
export type Observation = z.infer<typeof observationSchema>;

/** What became of one database in a restore (or, with no `txid`, in a verify). */
export const databaseResultSchema = observationSchema.extend({
    /** "global", or the slot's id; a refused catalog entry is not a database and stands in `catalog.refused`. */
    id: z.string(),
    kind: z.enum(["global", "slot"]),
    status: z.enum(["restored", "failed"]),
    problem: problemSchema.nullable(),
    /** Newest transaction restored, 16 hex digits. */
    txid: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .nullable(),
    /** When the newest restored transaction was replicated, epoch ms, from Litestream's own timestamp. */
    restorePointAt: z.int().nullable(),
    /** LTX files in the restored chain. */
    ltxFiles: z.int().nonnegative(),
    restoreSeconds: z.number().nonnegative(),
    /** Epoch ms. */
    finishedAt: z.int(),
});

/** See {@link databaseResultSchema}. */
export type DatabaseResult = z.infer<typeof databaseResultSchema>;

/** What `restore all` and `verify` say of a whole fleet: every entry of the catalog is in `databases` or in `catalog.refused`. */
export const fleetResultSchema = z.object({
    version: z.literal(1),
    /** Epoch ms. */
    startedAt: z.int(),
    /** Epoch ms; while the work goes on, the time of the last write. */
    finishedAt: z.int(),
    /** False while the work goes on: a file with false belongs to a run that has not ended, or was cut off. */
    complete: z.boolean(),
    catalog: z.object({
        active: z.array(z.string()),
        refused: z.array(z.object({ id: z.string(), reason: z.string() })),
        /** Why the catalog could not be read; null when it was. */
        problem: problemSchema.nullable(),
    }),
    databases: z.array(databaseResultSchema),
    /** Files in the slots folder that no catalog entry explains. */
    unexpected: z.array(z.string()),
});

/** See {@link fleetResultSchema}. */
export type FleetResult = z.infer<typeof fleetResultSchema>;

/** True when every database of the catalog is restored and sound, and nothing was refused or unexpected. */
export function fleetPassed(result: FleetResult): boolean {
    return (
        result.complete &&
        result.catalog.problem === null &&
        result.catalog.refused.length === 0 &&
        result.unexpected.length === 0 &&
        result.databases.length === result.catalog.active.length + 1 &&
        result.databases.every((database) => database.status === "restored")
    );
}
