import { ListObjectsV2Command, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";

/** One bucket, and the key to look at it with. */
export interface BucketAccess {
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    readonly keyId: string;
    readonly secret: string;
}

function client(access: BucketAccess): S3Client {
    return new S3Client({
        endpoint: access.endpoint,
        region: access.region,
        credentials: { accessKeyId: access.keyId, secretAccessKey: access.secret },
        forcePathStyle: true,
        // The SDK's own defaults are refused by older S3-compatible stores.
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        maxAttempts: 3,
    });
}

/** The "folders" right under a prefix (1 request for each 1,000). */
export async function listFolders(access: BucketAccess, prefix: string): Promise<string[]> {
    const folders: string[] = [];
    const s3 = client(access);
    let token: string | undefined;
    do {
        const page = await s3.send(
            new ListObjectsV2Command({
                Bucket: access.bucket,
                Prefix: prefix,
                Delimiter: "/",
                ...(token !== undefined && { ContinuationToken: token }),
            }),
        );
        folders.push(...(page.CommonPrefixes ?? []).map((found) => (found.Prefix ?? "").slice(prefix.length, -1)));
        token = page.NextContinuationToken;
    } while (token !== undefined);
    return folders;
}

/** Bytes of all current objects of a bucket (1 request for each 1,000). */
export async function bucketBytes(access: BucketAccess): Promise<number> {
    const s3 = client(access);
    let bytes = 0;
    let token: string | undefined;
    do {
        const page = await s3.send(
            new ListObjectsV2Command({
                Bucket: access.bucket,
                ...(token !== undefined && { ContinuationToken: token }),
            }),
        );
        bytes += (page.Contents ?? []).reduce((sum, object) => sum + (object.Size ?? 0), 0);
        token = page.NextContinuationToken;
    } while (token !== undefined);
    return bytes;
}

/** Tries to write one small object; says whether the store refused it, and in which words. */
export async function tryWrite(access: BucketAccess, key: string): Promise<{ refused: boolean; answer: string }> {
    try {
        await client(access).send(
            new PutObjectCommand({ Bucket: access.bucket, Key: key, Body: "a drill tried to write" }),
        );
        return { refused: false, answer: `the store accepted ${key}` };
    } catch (error) {
        if (!(error instanceof S3ServiceException)) throw error;
        const refused = error.$metadata.httpStatusCode === 403;
        return { refused, answer: `${error.name} (${String(error.$metadata.httpStatusCode ?? "no status")})` };
    }
}
