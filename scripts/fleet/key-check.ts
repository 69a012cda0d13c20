import { createHash, randomBytes } from "node:crypto";
import {
    DeleteObjectCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    type S3Client,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { locationSchema, storeKeySchema, type StoreKey } from "../../components/outputs.ts";
import { withClient } from "../adapters/s3.ts";
import { KeyTrial } from "./key-trial.ts";

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
    const as = <T>({ keyId, secret }: StoreKey, work: (client: S3Client) => Promise<T>) =>
        withClient({ endpoint, region, bucket, keyId, secret }, work);
    const object = new TrialObject(bucket);
    const patient = location.backend === "aws";
    const [server, recovery] = [
        new KeyTrial("the server's key", bucket, patient),
        new KeyTrial("the recovery key", bucket, patient),
    ];
    try {
        await as(writer, async (client) => {
            if (!(await server.known("list", () => object.list(client)))) return;
            const written = await server.must("write to", () => object.put(client));
            if (written === null) return;
            await server.must("read from", () => object.get(client));
            const version = written.value;
            if (version === undefined)
                server.problems.push(
                    `${bucket} keeps no versions: what is overwritten or deleted there is gone at once`,
                );
            else if (await server.mustNot("destroy versions in", () => object.destroy(client, version)))
                await object.put(client); // the recovery key needs something to read
        });
        await as(reader, async (client) => {
            if (!(await recovery.known("list", () => object.list(client)))) return;
            const [version] = object.versions;
            if (object.exists) await recovery.must("read from", () => object.get(client));
            if (version !== undefined)
                await recovery.mustNot("destroy versions in", () => object.destroy(client, version));
            await recovery.mustNot("write to", () => object.put(client));
            await recovery.mustNot("delete from", () => object.hide(client));
        });
        if (object.exists)
            await as(writer, async (client) => {
                await server.must("delete from", () => object.hide(client));
            });
    } finally {
        if (admin !== null) await as(admin, (client) => object.remove(client));
    }
    return [...server.problems, ...recovery.problems];
}

/** One object that no replica knows of, to try a key on. */
class TrialObject {
    readonly #at: { readonly Bucket: string; readonly Key: string };
    /** All that there is of it, hide markers included. */
    readonly versions = new Set<string>();
    exists = false;

    constructor(bucket: string) {
        this.#at = { Bucket: bucket, Key: `${prefix}${randomBytes(8).toString("hex")}` };
    }

    async put(client: S3Client): Promise<string | undefined> {
        // A bucket with Object Lock takes no object without a checksum, and SDKs send none to other stores.
        const { VersionId } = await client.send(new PutObjectCommand({ ...this.#at, Body: body, ContentMD5: bodyMd5 }));
        if (VersionId !== undefined) this.versions.add(VersionId);
        this.exists = true;
        return VersionId;
    }

    async hide(client: S3Client): Promise<void> {
        const { VersionId } = await client.send(new DeleteObjectCommand(this.#at));
        if (VersionId !== undefined) this.versions.add(VersionId);
    }

    list(client: S3Client): Promise<unknown> {
        return client.send(new ListObjectsV2Command({ Bucket: this.#at.Bucket, Prefix: prefix, MaxKeys: 1 }));
    }

    async get(client: S3Client): Promise<void> {
        await (await client.send(new GetObjectCommand(this.#at))).Body?.transformToString();
    }

    async destroy(client: S3Client, version: string): Promise<void> {
        await client.send(new DeleteObjectCommand({ ...this.#at, VersionId: version }));
        this.versions.delete(version);
    }

    /** Removes what is left of it, as far as the key can: what it cannot, the lifecycle rule does. */
    async remove(client: S3Client): Promise<void> {
        for (const version of this.versions) await this.destroy(client, version).catch(() => undefined);
    }
}
