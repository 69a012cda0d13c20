import { z } from "zod";

// B2's rules are the strictest of the backends: no dots or underscores, 6 to 63 characters, not "b2-…".
const bucketName = z.string().regex(/^(?!b2-)[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/, {
    error: "must be 6 to 63 lower-case letters, digits and hyphens, and must not start with b2-",
});

const buckets = {
    replicaBucket: bucketName,
    snapshotBucket: bucketName,
    /** Days in which whatever was deleted or overwritten can still be brought back; then the store removes it. */
    keepDeletedDays: z.number().int().min(1).max(365).default(7),
    /** Object Lock on the snapshot bucket: nobody can remove a snapshot before. It can only be chosen for a new bucket. */
    snapshotLock: z
        .strictObject({
            days: z.number().int().min(1).max(3650),
            /** `compliance` cannot be lifted by anybody, the account's owner included. */
            mode: z.enum(["governance", "compliance"]).default("governance"),
        })
        .optional(),
};

const endpoint = z.url({ protocol: /^https?$/, error: "must be a URL such as https://s3.us-west-004.backblazeb2.com" });

/** Where backups are kept; what each backend really has is in docs/configuration.md. */
export const storageSchema = z.discriminatedUnion(
    "backend",
    [
        z.strictObject({
            backend: z.literal("b2"),
            region: z
                .string()
                .regex(/^[a-z]{2}-[a-z]+-\d{3}$/, "must be the part of B2's endpoint such as us-west-004"),
            /** Another endpoint than B2's own: only a drill's double of it. */
            endpoint: endpoint.optional(),
            ...buckets,
        }),
        z.strictObject({
            backend: z.literal("aws"),
            region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as eu-central-1"),
            ...buckets,
        }),
        z.strictObject({
            backend: z.literal("s3-compatible"),
            endpoint,
            region: z.string().min(1).default("us-east-1"),
            /** The accounts that the bucket policy lets in; absent where keys carry their own limits. */
            accounts: z.strictObject({ writer: z.string().min(1), reader: z.string().min(1) }).optional(),
            /** Whether the store takes lifecycle rules; where it does not, nothing that was deleted ever goes. */
            lifecycle: z.boolean().default(false),
            ...buckets,
        }),
    ],
    { error: 'must have backend: "b2", "aws" or "s3-compatible"' },
);

/** Where backups are kept, as production states it. */
export type StorageConfig = z.infer<typeof storageSchema>;

/** The S3 endpoint of a backend. */
export function endpointOf(storage: StorageConfig): string {
    if (storage.backend === "aws") return `https://s3.${storage.region}.amazonaws.com`;
    return storage.endpoint ?? `https://s3.${storage.region}.backblazeb2.com`;
}
