import type { B2Key } from "./keys.ts";
import { isMasterKeyId } from "./keys.ts";
import type { Operation, Target } from "./operation.ts";

/** What the double knows of a request before it does anything. */
export interface Asked {
    readonly operation: Operation | null;
    readonly target: Target;
    readonly keyId: string | null;
    readonly key: B2Key | undefined;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    /** Whether the bucket locks each new object for a while. */
    readonly retains: boolean;
    /** Buckets of the account. */
    readonly buckets: number;
}

/** An error as S3 words it. */
export interface Refusal {
    readonly status: number;
    readonly code: string;
    readonly message: string;
}

const refusal = (status: number, code: string, message: string): Refusal => ({ status, code, message });

const unsupported = refusal(501, "NotImplemented", "This API call is not supported.");
const notEntitled = refusal(403, "AccessDenied", "not entitled");
const noChecksum = refusal(400, "InvalidRequest", "Missing required header for this request: Content-MD5");

/** Buckets of one account (docs/cloud-storage-buckets). */
const mostBuckets = 100;

/** What B2 refuses that another S3 store would do; null: it goes on to the store. */
export function refusalOf(asked: Asked): Refusal | null {
    const { operation, target, keyId, key, headers } = asked;
    if (keyId !== null && isMasterKeyId(keyId))
        return refusal(
            403,
            "InvalidAccessKeyId",
            "Malformed Access Key Id: the master key does not work with the S3 API",
        );
    if (keyId !== null && key === undefined)
        return refusal(403, "InvalidAccessKeyId", "The key ID you provided does not exist in our records");
    if (operation === null) return unsupported;
    if (key === undefined) return null; // the store refuses what is not signed
    if (!mayDo(key, operation, target)) return notEntitled;
    if (headers["x-amz-tagging"] !== undefined) return unsupported;
    const writes = operation.name === "PutObject" || operation.name === "CompleteMultipartUpload";
    if (writes && (headers["if-none-match"] !== undefined || headers["if-match"] !== undefined)) return unsupported;
    if (operation.name === "CreateBucket")
        return bucketRefusal(target.bucket ?? "", asked.buckets, headers["x-amz-acl"]);
    const checksummed = operation.name === "DeleteObjects" || (asked.retains && takesContent.includes(operation.name));
    return checksummed && !hasChecksum(headers) ? noChecksum : null;
}

const takesContent = ["PutObject", "UploadPart"];

function mayDo(key: B2Key, operation: Operation, { bucket }: Target): boolean {
    // Listing the account's buckets with a key to some of them needs the right to know of all.
    const needs =
        operation.name === "ListBuckets" && key.buckets !== null ? (["listAllBucketNames"] as const) : operation.needs;
    if (!needs.every((capability) => key.capabilities.includes(capability))) return false;
    return bucket === null || key.buckets === null || key.buckets.includes(bucket);
}

function bucketRefusal(name: string, buckets: number, acl: string | string[] | undefined): Refusal | null {
    if (!/^(?!b2-)[a-z0-9-]{6,63}$/i.test(name))
        return refusal(400, "InvalidBucketName", `The specified bucket is not valid: ${name}`);
    if (acl !== undefined && acl !== "private" && acl !== "public-read")
        return refusal(400, "InvalidArgument", "Unsupported value for canned acl");
    if (buckets >= mostBuckets)
        return refusal(400, "TooManyBuckets", `You have attempted to create more than ${mostBuckets} buckets`);
    return null;
}

/** Content-MD5, or one of the newer checksums, as a header or announced as a trailer. */
export function hasChecksum(headers: Asked["headers"]): boolean {
    if (headers["content-md5"] !== undefined) return true;
    if (/^x-amz-checksum-/.test(String(headers["x-amz-trailer"] ?? ""))) return true;
    return Object.keys(headers).some((name) => /^x-amz-checksum-(crc|sha)/.test(name));
}

/** Of a DeleteObjects, by its body: what is named with a version is destroyed, what is not is hidden. */
export function deletionRefusal(body: string, key: B2Key): Refusal | null {
    const objects = body.match(/<Object>/g)?.length ?? 0;
    const versions = body.match(/<VersionId>/g)?.length ?? 0;
    if (versions > 0 && !key.capabilities.includes("deleteFiles")) return notEntitled;
    return versions < objects && !key.capabilities.includes("writeFiles") ? notEntitled : null;
}
