/** The accounts of one bucket, as the object store names them. */
export interface Accounts {
    readonly writer: string;
    readonly reader: string;
}

/**
 * Least privilege on one bucket, as S3 policy JSON: the writer can add and hide objects but destroy no version;
 * the reader can list and read. Everyone else but the bucket's owner is refused.
 */
export function bucketPolicy(bucket: string, accounts: Accounts): string {
    const allow = (principal: string, actions: readonly string[], resource: string) => ({
        Effect: "Allow",
        Principal: { AWS: [principal] },
        Action: actions.map((action) => `s3:${action}`),
        Resource: [resource],
    });
    const all = `arn:aws:s3:::${bucket}`;
    return JSON.stringify({
        Version: "2012-10-17",
        Statement: [
            allow(accounts.writer, ["ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"], all),
            allow(
                accounts.writer,
                ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts"],
                `${all}/*`,
            ),
            allow(accounts.reader, ["ListBucket", "GetBucketLocation"], all),
            allow(accounts.reader, ["GetObject"], `${all}/*`),
        ],
    });
}
