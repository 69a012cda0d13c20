import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import {
    GetObjectLockConfigurationCommand,
    ListBucketsCommand,
    PutBucketPolicyCommand,
    PutBucketVersioningCommand,
    type S3Client,
} from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import type { B2Key } from "./keys.ts";

/** Headers that belong to one connection; and the one whose answer has been given already. */
const hopByHop = ["connection", "keep-alive", "proxy-connection", "expect"];

/** Headers as they came, in their order and spelling, but for those of the connection. */
export function passedOn(rawHeaders: readonly string[]): string[] {
    return rawHeaders.filter((_, index) => !hopByHop.includes((rawHeaders[index - (index % 2)] ?? "").toLowerCase()));
}

/** The store behind the double, which does the real work and checks each signature. */
export class Upstream {
    readonly #endpoint: URL;
    readonly #agent = new Agent({ keepAlive: true });
    readonly #root: S3Client;
    readonly #keys: readonly B2Key[];
    readonly #retains = new Map<string, Promise<boolean>>();

    /** @param root a client with the store's own root account, which may do all. */
    constructor(endpoint: string, root: S3Client, keys: readonly B2Key[]) {
        this.#endpoint = new URL(endpoint);
        this.#root = root;
        this.#keys = keys;
    }

    /**
     * Sends a request as it came, the Host header included, which is part of its signature.
     * @param body what it carries, if the request itself has been read already.
     */
    send(incoming: IncomingMessage, body?: Buffer): Promise<IncomingMessage> {
        return new Promise((resolve, reject) => {
            const outgoing = httpRequest(
                {
                    host: this.#endpoint.hostname,
                    port: this.#endpoint.port,
                    method: incoming.method,
                    path: incoming.url,
                    headers: passedOn(incoming.rawHeaders),
                    agent: this.#agent,
                },
                resolve,
            );
            outgoing.on("error", reject);
            incoming.on("aborted", () => outgoing.destroy());
            const source: Readable = incoming;
            if (body === undefined) source.pipe(outgoing);
            else outgoing.end(body);
        });
    }

    /** B2's buckets are always versioned. Its keys carry their own limits, so that the store lets all of them in. */
    async adopt(bucket: string): Promise<void> {
        const VersioningConfiguration = { Status: "Enabled" } as const;
        await this.#root.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
        const holders = this.#keys.filter(({ buckets }) => buckets?.includes(bucket) ?? true).map(({ keyId }) => keyId);
        if (holders.length === 0) return;
        const arn = `arn:aws:s3:::${bucket}`;
        const statement = { Effect: "Allow", Principal: { AWS: holders }, Action: "s3:*", Resource: [arn, `${arn}/*`] };
        const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
        await this.#root.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    }

    async bucketCount(): Promise<number> {
        return ((await this.#root.send(new ListBucketsCommand({}))).Buckets ?? []).length;
    }

    /** Whether the bucket locks each new object for a while. */
    retains(bucket: string): Promise<boolean> {
        const known = this.#retains.get(bucket) ?? this.#askRetention(bucket);
        this.#retains.set(bucket, known);
        return known;
    }

    /** What was known of a bucket is to be asked again. */
    forget(bucket: string): void {
        this.#retains.delete(bucket);
    }

    async #askRetention(bucket: string): Promise<boolean> {
        return this.#root.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })).then(
            (answer) => answer.ObjectLockConfiguration?.Rule?.DefaultRetention !== undefined,
            () => false, // no lock, or no such bucket
        );
    }

    close(): void {
        this.#agent.destroy();
        this.#root.destroy();
    }
}
