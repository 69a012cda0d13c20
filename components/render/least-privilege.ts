/** The accounts of one bucket, as the object store names them. */
export interface Accounts {
    readonly writer: string;
    readonly reader: string;
}

/**
 * What each key may do: the writer adds and hides objects but destroys no version; the reader lists and reads.
 * The same on every backend; B2 has it as capabilities of a key (docs/keys.md).
 */
const allowed = {
    writer: {
        bucket: ["ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"],
        object: ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts"],
    },
    reader: { bucket: ["ListBucket", "GetBucketLocation"], object: ["GetObject"] },
} as const;

type Holder = keyof typeof allowed;

const version = "2012-10-17";
const actions = (names: readonly string[]) => names.map((name) => `s3:${name}`);

/** Least privilege on one bucket, as S3 policy JSON: everyone else but the bucket's owner is refused. */
export function bucketPolicy(bucket: string, accounts: Accounts): string {
    const allow = (holder: Holder, kind: "bucket" | "object") => ({
        Effect: "Allow",
        Principal: { AWS: [accounts[holder]] },
        Action: actions(allowed[holder][kind]),
        Resource: [arn(bucket, kind)],
    });
    return JSON.stringify({
        Version: version,
        Statement: (["writer", "reader"] as const).flatMap((holder) => [
            allow(holder, "bucket"),
            allow(holder, "object"),
        ]),
    });
}

/** Least privilege of one holder on some buckets, as IAM policy JSON. */
export function holderPolicy(holder: Holder, buckets: readonly string[]): string {
    return JSON.stringify({
        Version: version,
        Statement: (["bucket", "object"] as const).map((kind) => ({
            Effect: "Allow",
            Action: actions(allowed[holder][kind]),
            Resource: buckets.map((bucket) => arn(bucket, kind)),
        })),
    });
}

/** Refuses everybody who comes without TLS (AWS). */
export function tlsOnlyPolicy(bucket: string): string {
    return JSON.stringify({
        Version: version,
        Statement: [
            {
                Effect: "Deny",
                Principal: "*",
                Action: "s3:*",
                Resource: [arn(bucket, "bucket"), arn(bucket, "object")],
                Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
        ],
    });
}

function arn(bucket: string, kind: "bucket" | "object"): string {
    return `arn:aws:s3:::${bucket}${kind === "object" ? "/*" : ""}`;
}
