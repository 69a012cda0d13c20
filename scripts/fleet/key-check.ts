import { createHash, randomBytes } from "node:crypto";
import {
    DeleteObjectCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    type S3Client,
    S3ServiceException,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { locationSchema, storeKeySchema, type StoreKey } from "../../components/outputs.ts";
import { withClient } from "../adapters/s3.ts";
import { SlotkeeperError } from "../errors.ts";

/** What `slotkeeper keys check` reads from stdin. */
export const keyCheckSchema = z.strictObject({
    location: locationSchema,
    writer: storeKeySchema,
    reader: storeKeySchema,
    /** The provisioner's, to remove what the trial left; without it the lifecycle rule does. */
    admin: storeKeySchema.nullable(),
});

/** See {@link keyCheckSchema}. */
export type KeyCheck = z.infer<typeof keyCheckSchema>;

/** What a key did with one request. */
type Outcome = { did: true; value: unknown } | { did: false; refused: boolean; words: string };

/** Where the trial's objects go: beside every replica, and no replica's path. */
const prefix = "slotkeeper-key-check/";
const body = "tried at pulumi up";
const bodyMd5 = createHash("md5").update(body).digest("base64");

/**
 * Tries both keys on both buckets: the server's must write and read, and destroy no version; the recovery key must list
 * and read, and change nothing.
 * @returns what is wrong, a line each; empty when each key can do what it must and no more.
 * @throws SlotkeeperError "remote" when the store does not answer.
 */
export async function checkKeys(check: KeyCheck): Promise<string[]> {
    const { replicaBucket, snapshotBucket } = check.location;
    const found = await Promise.all([replicaBucket, snapshotBucket].map((bucket) => checkBucket(check, bucket)));
    return found.flat();
}

async function checkBucket({ location, writer, reader, admin }: KeyCheck, bucket: string): Promise<string[]> {
    const { endpoint, region } = location;
    const key = `${prefix}${randomBytes(8).toString("hex")}`;
    const at = { Bucket: bucket, Key: key };
    const versions = new Set<string>();
    const as = ({ keyId, secret }: StoreKey, work: (client: S3Client) => Promise<void>) =>
        withClient({ endpoint, region, bucket, keyId, secret }, work);
    const put = async (client: S3Client): Promise<string | undefined> => {
        // A bucket with Object Lock takes no object without a checksum, and SDKs send none to other stores.
        const { VersionId } = await client.send(new PutObjectCommand({ ...at, Body: body, ContentMD5: bodyMd5 }));
        if (VersionId !== undefined) versions.add(VersionId);
        return VersionId;
    };
    const hide = async (client: S3Client) => {
        const { VersionId } = await client.send(new DeleteObjectCommand(at));
        if (VersionId !== undefined) versions.add(VersionId);
    };
    const list = (client: S3Client) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
    const get = async (client: S3Client) => (await client.send(new GetObjectCommand(at))).Body?.transformToString();
    const destroy = (version: string) => (client: S3Client) =>
        client.send(new DeleteObjectCommand({ ...at, VersionId: version }));

    const problems: string[] = [];
    /** Tries something that the key must be able to do, or must not. */
    const trial = async (who: string, must: boolean, what: string, work: () => Promise<unknown>): Promise<unknown> => {
        const outcome = await attempt(work, must && location.backend === "aws");
        if (outcome.did) {
            if (!must) problems.push(`${who} can ${what} ${bucket}, and must not be able to`);
            return outcome.value;
        }
        if (must) problems.push(`${who} cannot ${what} ${bucket}: ${outcome.words}`);
        else if (!outcome.refused)
            problems.push(`${who} is not refused to ${what} ${bucket}, it failed: ${outcome.words}`);
        return undefined;
    };
    try {
        await as(writer, async (client) => {
            const version = await trial("the server's key", true, "write to", () => put(client));
            await trial("the server's key", true, "list", () => list(client));
            await trial("the server's key", true, "read from", () => get(client));
            if (typeof version === "string")
                await trial("the server's key", false, "destroy versions in", () => destroy(version)(client));
            else if (problems.length === 0)
                problems.push(`${bucket} keeps no versions: what is overwritten or deleted there is gone at once`);
        });
        await as(reader, async (client) => {
            const [version] = versions;
            await trial("the recovery key", true, "list", () => list(client));
            if (version !== undefined) {
                await trial("the recovery key", true, "read from", () => get(client));
                await trial("the recovery key", false, "destroy versions in", () => destroy(version)(client));
            }
            await trial("the recovery key", false, "write to", () => put(client));
            await trial("the recovery key", false, "delete from", () => hide(client));
        });
        await as(writer, async (client) => {
            await trial("the server's key", true, "delete from", () => hide(client));
        });
    } finally {
        if (admin !== null)
            await as(admin, async (client) => {
                for (const version of versions) await destroy(version)(client).catch(() => undefined); // the lifecycle rule does
            });
    }
    return problems;
}

/** A key that IAM has just made is not known everywhere for some seconds. */
const patienceMs = 60_000;
const young = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"];

async function attempt(work: () => Promise<unknown>, patient: boolean): Promise<Outcome> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        try {
            return { did: true, value: await work() };
        } catch (error) {
            if (!(error instanceof S3ServiceException)) {
                const hint = "check slotkeeper:storage, and that the store is up and reachable from here";
                throw new SlotkeeperError("remote", `the object store does not answer: ${String(error)}`, hint, { cause: error }); // prettier-ignore
            }
            if (patient && young.includes(error.name) && Date.now() < deadline) {
                await new Promise((done) => setTimeout(done, 2000));
                continue;
            }
            const status = error.$metadata.httpStatusCode ?? 0;
            return { did: false, refused: status === 401 || status === 403, words: `${error.name} (${status})` };
        }
    }
}
