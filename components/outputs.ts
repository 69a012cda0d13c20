import { z } from "zod";

/**
 * What a recovery needs to know about production's storage. The exports of a stack are the contract between production's
 * stack, staging's, and the program that operates them; fields are added, never renamed.
 */
export const locationSchema = z.object({
    backend: z.enum(["b2", "aws", "s3-compatible"]),
    endpoint: z.string(),
    region: z.string(),
    replicaBucket: z.string(),
    snapshotBucket: z.string(),
});

/** See {@link locationSchema}. */
export type Location = z.infer<typeof locationSchema>;

/** A key of the object store; secret. */
export const storeKeySchema = z.object({ keyId: z.string(), secret: z.string() });

/** See {@link storeKeySchema}. */
export type StoreKey = z.infer<typeof storeKeySchema>;

/** Where a server answers SSH, and the key it must prove itself with. */
export const addressSchema = z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    hostKey: z.string(),
});

/** See {@link addressSchema}. */
export type Address = z.infer<typeof addressSchema>;

/** How new snapshots are encrypted: to an age recipient, or with a passphrase (gpg, where `recipient` is null). */
export const encryptionSchema = z.object({
    method: z.enum(["age", "gpg"]),
    recipient: z.string().nullable(),
    generation: z.number(),
});

/** See {@link encryptionSchema}. */
export type Encryption = z.infer<typeof encryptionSchema>;

/** What decrypts the snapshots of one generation, whichever method they were made with; secret. */
export const encryptionIdentitySchema = z.object({
    generation: z.number(),
    /** Of age: AGE-SECRET-KEY-1…. */
    identity: z.string(),
    /** Of gpg. */
    passphrase: z.string(),
});

/** See {@link encryptionIdentitySchema}. */
export type EncryptionIdentity = z.infer<typeof encryptionIdentitySchema>;

/** Where a fleet's databases are on its server, and how its global database lists the active slots. */
export const fleetSchema = z.object({ dataDir: z.string(), catalogQuery: z.string() });

/** What production's stack exports for the day on which all else is lost; the recovery sheet is made from it. */
export const recoveryOutputsSchema = z.object({
    location: locationSchema,
    recoveryKey: storeKeySchema,
    encryption: encryptionSchema,
    /** Newest generation first. */
    encryptionIdentities: z.array(encryptionIdentitySchema).min(1),
    fleet: fleetSchema,
});

/** See {@link recoveryOutputsSchema}. */
export type RecoveryOutputs = z.infer<typeof recoveryOutputsSchema>;

/** What a verification of restored databases came to; bounded, and without any row of theirs. */
export const fleetVerdictSchema = z.object({
    verdict: z.enum(["passed", "failed"]),
    /** Databases that the restored catalog calls for, the global one included; and how many of them are back and sound. */
    databases: z.int(),
    restored: z.int(),
    bytes: z.int(),
    /** From the start of the recovery to its end. */
    recoverySeconds: z.number(),
    /** The first of what failed. */
    failed: z.array(z.object({ database: z.string(), check: z.string(), problem: z.string() })),
    /** How many more failed than are listed. */
    more: z.int(),
});

/** See {@link fleetVerdictSchema}. */
export type FleetVerdict = z.infer<typeof fleetVerdictSchema>;
