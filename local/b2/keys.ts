import { randomBytes, randomInt } from "node:crypto";
import { z } from "zod";

/** What a key of B2 may do (apidocs/b2-create-key), as far as the S3 calls here ask for it. */
export const capabilities = [
    "listBuckets",
    "listAllBucketNames",
    "readBuckets",
    "writeBuckets",
    "deleteBuckets",
    "readBucketEncryption",
    "writeBucketEncryption",
    "readBucketRetentions",
    "writeBucketRetentions",
    "listFiles",
    "readFiles",
    "writeFiles",
    "deleteFiles",
    "readFileRetentions",
    "writeFileRetentions",
    "readFileLegalHolds",
    "writeFileLegalHolds",
    "bypassGovernance",
] as const;

/** See {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** An application key without its secret. */
export const b2KeySchema = z.strictObject({
    keyId: z.string(),
    capabilities: z.array(z.enum(capabilities)),
    /** The only buckets it may touch; null: all of the account. */
    buckets: z.array(z.string()).nullable(),
});

/** See {@link b2KeySchema}. */
export type B2Key = z.infer<typeof b2KeySchema>;

/**
 * The capabilities of the three keys that docs/keys.md has the `b2 key create` lines for. The provisioner's is a drill's:
 * it empties buckets, for which unfinished uploads must be cancelled, and that takes writeFiles.
 */
export const capabilitiesOf = {
    provisioner: [
        "listBuckets",
        "listAllBucketNames",
        "readBuckets",
        "writeBuckets",
        "deleteBuckets",
        "readBucketEncryption",
        "writeBucketEncryption",
        "readBucketRetentions",
        "writeBucketRetentions",
        "listFiles",
        "readFiles",
        "writeFiles",
        "deleteFiles",
    ],
    writer: ["listBuckets", "listFiles", "readFiles", "writeFiles"],
    reader: ["listBuckets", "listFiles", "readFiles"],
} as const satisfies Record<string, readonly Capability[]>;

/** The master key's id is the account's: the S3 API refuses it (docs/cloud-storage-s3-compatible-app-keys). */
export const isMasterKeyId = (keyId: string): boolean => /^[0-9a-f]{12}$/.test(keyId);

/** A key id of B2's form: the cluster, the account's twelve digits, a counter; and a secret of its form. */
export function newKey(account: string): { accessKey: string; secretKey: string } {
    const counter = String(randomInt(10 ** 9)).padStart(10, "0");
    return { accessKey: `004${account}${counter}`, secretKey: `K004${randomBytes(21).toString("base64url")}` };
}

/** The id of the key that a request is signed with (SigV4), in its header or, presigned, in its query. */
export function keyIdOf(authorization: string | undefined, query: URLSearchParams): string | null {
    const credential =
        authorization === undefined
            ? query.get("X-Amz-Credential")
            : (/^AWS4-HMAC-SHA256\s.*\bCredential=([^,\s]+)/.exec(authorization)?.[1] ?? null);
    return credential?.split("/")[0] ?? null;
}
