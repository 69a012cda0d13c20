import { HeadObjectCommand, ListObjectsV2Command, S3ServiceException } from "@aws-sdk/client-s3";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { SlotkeeperError } from "../errors.ts";

import { storeClient } from "./s3.ts";

/** The keys of an object-store account; never printed, never in argv. */
export interface StoreKeys {
    accessKeyId: string;
    secretAccessKey: string;
}

/** One object as a listing shows it. */
export interface StoredObject {
    key: string;
    bytes: number;
    /** Epoch ms. */
    modifiedAt: number;
}

/** Reading from the bucket that holds the replicas. */
export interface ObjectReader {
    /** Every object under a prefix, in key order: one request per 1,000. */
    list(prefix: string): AsyncGenerator<StoredObject>;
    /** An object's own metadata; keys in lower case. */
    metadata(key: string): Promise<Record<string, string>>;
    close(): void;
}

/**
 * Opens the replicas' bucket.
 * Its methods throw SlotkeeperError: "remote" when the store cannot be reached or refuses, "notFound" for no such bucket.
 */
export function openObjectReader(replica: FleetSettings["replica"], keys: StoreKeys): ObjectReader {
    const { endpoint, region } = replica;
    const client = storeClient({ endpoint, region, keyId: keys.accessKeyId, secret: keys.secretAccessKey });
    async function* list(prefix: string): AsyncGenerator<StoredObject> {
        let token: string | undefined;
        do {
            const page = new ListObjectsV2Command({ Bucket: replica.bucket, Prefix: prefix, ContinuationToken: token });
            const answer = await client.send(page).catch((error: unknown) => explain(error, replica));
            for (const object of answer.Contents ?? []) {
                const { Key: key, Size: bytes, LastModified: modified } = object;
                if (key !== undefined) yield { key, bytes: bytes ?? 0, modifiedAt: modified?.getTime() ?? 0 };
            }
            token = answer.NextContinuationToken;
        } while (token !== undefined);
    }
    async function metadata(key: string): Promise<Record<string, string>> {
        const head = new HeadObjectCommand({ Bucket: replica.bucket, Key: key });
        const answer = await client.send(head).catch((error: unknown) => explain(error, replica));
        return answer.Metadata ?? {};
    }
    return {
        list,
        metadata,
        close: () => {
            client.destroy();
        },
    };
}

function explain(error: unknown, replica: FleetSettings["replica"]): never {
    const where = `bucket ${replica.bucket} at ${replica.endpoint}`;
    if (error instanceof S3ServiceException) {
        const status = error.$metadata.httpStatusCode ?? 0;
        if (error.name === "NoSuchBucket") {
            throw new SlotkeeperError("notFound", `there is no ${where}`, "check replica.bucket in the fleet settings");
        }
        if (status === 401 || status === 403) {
            const hint = "check the keys in store.env: they must be allowed to list and read this bucket";
            throw new SlotkeeperError("remote", `${where} refuses these keys: ${error.name}`, hint, { cause: error });
        }
        throw new SlotkeeperError("remote", `${where} answered ${status}: ${error.name}`, undefined, { cause: error });
    }
    const why = error instanceof Error && error.message !== "" ? error.message : connectionProblem(error);
    const hint = "check replica.endpoint in the fleet settings and that the store is up and reachable from here";
    throw new SlotkeeperError("remote", `${where} cannot be reached: ${why}`, hint, { cause: error });
}

/** Node's AggregateError of several refused addresses has no message of its own. */
function connectionProblem(error: unknown): string {
    if (error instanceof AggregateError) return error.errors.map(String).join("; ");
    return error instanceof Error ? error.name : String(error);
}
