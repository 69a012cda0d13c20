import { paginateListObjectsV2, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";

/** One bucket, and the key to look at it with. */
export interface BucketAccess {
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    readonly keyId: string;
    readonly secret: string;
}

/**
 * An S3 client for any store: path-style addresses, which all of them take, and none of the newer checksums, which B2
 * and others refuse where they are not asked for. It tries eight times: a store that answers 503 SlowDown is asked again
 * for about half a minute before it counts as failing.
 */
export function storeClient({ endpoint, region, keyId, secret }: Omit<BucketAccess, "bucket">): S3Client {
    return new S3Client({
        endpoint,
        region,
        credentials: { accessKeyId: keyId, secretAccessKey: secret },
        forcePathStyle: true,
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        maxAttempts: 8,
        // Milliseconds until a store counts as unreachable.
        requestHandler: { connectionTimeout: 5000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    });
}

/** Does `work` with a client for the bucket, whose connections are closed at its end. */
export async function withClient<T>(access: BucketAccess, work: (s3: S3Client) => Promise<T>): Promise<T> {
    const s3 = storeClient(access);
    try {
        return await work(s3);
    } finally {
        s3.destroy();
    }
}

/** The "folders" right under a prefix (1 request for each 1,000). */
export async function listFolders(access: BucketAccess, prefix: string): Promise<string[]> {
    return withClient(access, async (client) => {
        const folders: string[] = [];
        const input = { Bucket: access.bucket, Prefix: prefix, Delimiter: "/" };
        for await (const { CommonPrefixes } of paginateListObjectsV2({ client }, input))
            folders.push(...(CommonPrefixes ?? []).map((found) => (found.Prefix ?? "").slice(prefix.length, -1)));
        return folders;
    });
}

/** A current object of a bucket. */
export interface StoredObject {
    readonly key: string;
    readonly bytes: number;
}

/** All current objects of a bucket (1 request for each 1,000). */
export async function listObjects(access: BucketAccess): Promise<StoredObject[]> {
    return withClient(access, async (client) => {
        const objects: StoredObject[] = [];
        for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket: access.bucket }))
            objects.push(...(Contents ?? []).map(({ Key, Size }) => ({ key: Key ?? "", bytes: Size ?? 0 })));
        return objects;
    });
}

/** Tries to write one small object; says whether the store refused it, and in which words. */
export async function tryWrite(access: BucketAccess, key: string): Promise<{ refused: boolean; answer: string }> {
    try {
        const object = { Bucket: access.bucket, Key: key, Body: "a drill tried to write" };
        await withClient(access, (client) => client.send(new PutObjectCommand(object)));
        return { refused: false, answer: `the store accepted ${key}` };
    } catch (error) {
        if (!(error instanceof S3ServiceException)) throw error;
        const refused = error.$metadata.httpStatusCode === 403;
        return { refused, answer: `${error.name} (${String(error.$metadata.httpStatusCode ?? "no status")})` };
    }
}
