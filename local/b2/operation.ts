import type { Capability } from "./keys.ts";

/** What B2 bills a call as: A is free, B is a download, C is everything that lists or looks after buckets. */
export type RequestClass = "A" | "B" | "C";

/** One call of the S3 API that B2 has. */
export interface Operation {
    readonly name: string;
    readonly needs: readonly Capability[];
    readonly class: RequestClass;
}

/** Where a request is aimed: the account, a bucket or an object; path-style. */
export interface Target {
    readonly bucket: string | null;
    readonly key: string | null;
}

/** Splits a path-style URL path. @throws URIError for a path that is not UTF-8 in percent signs. */
export function targetOf(pathname: string): Target {
    const [, bucket = "", ...rest] = pathname.split("/");
    const key = rest.join("/");
    return {
        bucket: bucket === "" ? null : decodeURIComponent(bucket),
        key: key === "" ? null : decodeURIComponent(key),
    };
}

const operation = (name: string, group: RequestClass, ...needs: Capability[]): Operation => ({
    name,
    class: group,
    needs,
});

/** By method, target and sub-resource; what is not here, B2 does not have (apidocs/introduction-to-the-s3-compatible-api). */
const operations: Readonly<Record<string, Operation>> = {
    "GET account": operation("ListBuckets", "C", "listBuckets"),
    "PUT bucket": operation("CreateBucket", "C", "writeBuckets"),
    "HEAD bucket": operation("HeadBucket", "C", "listBuckets"),
    "DELETE bucket": operation("DeleteBucket", "C", "deleteBuckets"),
    "GET bucket": operation("ListObjects", "C", "listFiles"),
    "GET bucket versions": operation("ListObjectVersions", "C", "listFiles"),
    "GET bucket uploads": operation("ListMultipartUploads", "C", "listFiles"),
    "GET bucket location": operation("GetBucketLocation", "C", "readBuckets"),
    "GET bucket versioning": operation("GetBucketVersioning", "C", "readBuckets"),
    "GET bucket acl": operation("GetBucketAcl", "C", "readBuckets"),
    "PUT bucket acl": operation("PutBucketAcl", "C", "writeBuckets"),
    "GET bucket cors": operation("GetBucketCors", "C", "readBuckets"),
    "PUT bucket cors": operation("PutBucketCors", "C", "writeBuckets"),
    "DELETE bucket cors": operation("DeleteBucketCors", "C", "writeBuckets"),
    "GET bucket encryption": operation("GetBucketEncryption", "C", "readBucketEncryption"),
    "PUT bucket encryption": operation("PutBucketEncryption", "C", "writeBucketEncryption"),
    "DELETE bucket encryption": operation("DeleteBucketEncryption", "C", "writeBucketEncryption"),
    "GET bucket lifecycle": operation("GetBucketLifecycleConfiguration", "C", "readBuckets"),
    "PUT bucket lifecycle": operation("PutBucketLifecycleConfiguration", "C", "writeBuckets"),
    "DELETE bucket lifecycle": operation("DeleteBucketLifecycle", "C", "writeBuckets"),
    "GET bucket object-lock": operation("GetObjectLockConfiguration", "C", "readBucketRetentions"),
    "PUT bucket object-lock": operation("PutObjectLockConfiguration", "C", "writeBucketRetentions"),
    // What it needs depends on what it names: quirks.ts.
    "POST bucket delete": operation("DeleteObjects", "A"),
    "PUT object": operation("PutObject", "A", "writeFiles"),
    "PUT object copy": operation("CopyObject", "C", "readFiles", "writeFiles"),
    "GET object": operation("GetObject", "B", "readFiles"),
    "HEAD object": operation("HeadObject", "B", "readFiles"),
    "DELETE object": operation("DeleteObject", "A", "writeFiles"),
    "DELETE object versionId": operation("DeleteObjectVersion", "A", "deleteFiles"),
    "POST object uploads": operation("CreateMultipartUpload", "A", "writeFiles"),
    "PUT object uploadId": operation("UploadPart", "A", "writeFiles"),
    "GET object uploadId": operation("ListParts", "C", "writeFiles"),
    "POST object uploadId": operation("CompleteMultipartUpload", "A", "writeFiles"),
    "DELETE object uploadId": operation("AbortMultipartUpload", "A", "writeFiles"),
    "GET object acl": operation("GetObjectAcl", "C", "readFiles"),
    "PUT object acl": operation("PutObjectAcl", "C", "writeFiles"),
    "GET object retention": operation("GetObjectRetention", "B", "readFileRetentions"),
    "PUT object retention": operation("PutObjectRetention", "A", "writeFileRetentions"),
    "GET object legal-hold": operation("GetObjectLegalHold", "B", "readFileLegalHolds"),
    "PUT object legal-hold": operation("PutObjectLegalHold", "A", "writeFileLegalHolds"),
};

/** Parameters of a query that only tell more of the same call; any other is a call of its own. */
const parameters =
    /^(x-id|x-amz-.*|response-.*|list-type|prefix|delimiter|marker|max-.*|continuation-token|start-after|fetch-owner|encoding-type|key-marker|version-id-marker|upload-id-marker|part-number-marker|partNumber|bucket-region)$/i;

/** The call of a request, or null where B2 has none. */
export function operationOf(
    method: string,
    { bucket, key }: Target,
    query: URLSearchParams,
    copies: boolean,
): Operation | null {
    const at = bucket === null ? "account" : key === null ? "bucket" : "object";
    let subs = [...query.keys()].filter((name) => !parameters.test(name));
    // A version is told with many calls, and is another call only where it is deleted.
    if (!(method === "DELETE" && at === "object")) subs = subs.filter((name) => name !== "versionId");
    if (subs.length === 0 && copies && method === "PUT" && at === "object") subs = ["copy"];
    const name = [method, at, ...subs].join(" ");
    return Object.hasOwn(operations, name) ? (operations[name] ?? null) : null;
}
