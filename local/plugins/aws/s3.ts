import { setTimeout as sleep } from "node:timers/promises";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { sdkVersion } from "../sdk-version.ts";
import { hasUnknown, type Json, type Props } from "../provider/wire.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

/** The S3 endpoint that the provider is configured for; the SDK is loaded at the first call, as a preview makes none. */
export class S3 {
    #config: Props = {};
    #loaded: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

    /** Takes the configuration of an `aws.Provider`; values other than texts come as JSON texts. */
    configure(config: Props): void {
        const known = Object.entries(config).filter(([, value]) => !hasUnknown(value));
        this.#config = Object.fromEntries(known.map(([key, value]) => [key, parsed(value)]));
        this.#loaded = undefined;
    }

    /** The region of every bucket made here. */
    get region(): string {
        const region = this.#config["region"] ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
        if (typeof region !== "string" || region === "") {
            throw new Error("the AWS provider has no region: set aws:region, or region of the provider");
        }
        return region;
    }

    /**
     * Calls S3: `what` ("creating S3 Bucket") and the bucket begin the message of an error.
     * @returns undefined when the call fails with one of the codes of `absent`.
     */
    async call<T>(
        what: string,
        bucket: string,
        absent: readonly string[],
        work: (client: S3Client, sdk: Sdk) => Promise<T>,
    ): Promise<T | undefined> {
        const { sdk, client } = await (this.#loaded ??= this.#load());
        try {
            return await work(client, sdk);
        } catch (error) {
            const code = codeOf(error);
            if (absent.includes(code)) return undefined;
            const message = error instanceof Error ? error.message : String(error);
            throw new Error(`${what} (${bucket}): ${code}: ${message}`, { cause: error });
        }
    }

    async #load(): Promise<{ sdk: Sdk; client: S3Client }> {
        const sdk = await import("@aws-sdk/client-s3");
        const text = (key: string): string | undefined => {
            const value = this.#config[key];
            return typeof value === "string" && value !== "" ? value : undefined;
        };
        const accessKeyId = text("accessKey");
        const secretAccessKey = text("secretKey");
        const sessionToken = text("token");
        const endpoint = endpointOf(this.#config["endpoints"]);
        // What comes beside a bucket on AWS itself (IAM) is not here: nothing of it is made half.
        if (endpoint === undefined)
            throw new Error(
                `the offline stand-in of the aws plugin makes buckets only at a store of its own endpoint, not on AWS: install the official one with: pulumi plugin install resource aws ${sdkVersion("aws")}`,
            );
        const config: S3ClientConfig = {
            region: this.region,
            forcePathStyle: this.#config["s3UsePathStyle"] === true,
            // What AWS_REQUEST_CHECKSUM_CALCULATION=when_required asks of the official plugin: other stores know no more.
            requestChecksumCalculation: "WHEN_REQUIRED",
            responseChecksumValidation: "WHEN_REQUIRED",
            // The official plugin tries 25 times; this is for a B2 that answers 503 SlowDown.
            maxAttempts: 10,
            endpoint,
            ...(accessKeyId !== undefined &&
                secretAccessKey !== undefined && {
                    credentials: {
                        accessKeyId,
                        secretAccessKey,
                        ...(sessionToken !== undefined && { sessionToken }),
                    },
                }),
        };
        return { sdk, client: new sdk.S3Client(config) };
    }
}

function parsed(value: Json): Json {
    if (typeof value !== "string" || !/^([[{]|true$|false$)/.test(value)) return value;
    return JSON.parse(value) as Json;
}

function endpointOf(endpoints: Json | undefined): string | undefined {
    if (!Array.isArray(endpoints)) return undefined;
    for (const item of endpoints) {
        if (typeof item === "object" && item !== null && !Array.isArray(item) && typeof item["s3"] === "string") {
            return item["s3"];
        }
    }
    return undefined;
}

/** The S3 error code; an answer without a body, as to HeadBucket, has only its status. */
export function codeOf(error: unknown): string {
    if (!(error instanceof Error)) return "Unknown";
    return "Code" in error && typeof error.Code === "string" ? error.Code : error.name;
}

/** Empties a bucket of every version, delete marker and unfinished upload: what `forceDestroy` means. */
export async function emptyBucket(client: S3Client, sdk: Sdk, bucket: string): Promise<void> {
    for (;;) {
        const page = await client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1000 }));
        const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
        if (found.length === 0) break;
        const objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
        const { Errors } = await client.send(
            new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
        );
        const refused = Errors?.[0];
        if (refused !== undefined) {
            throw new Error(`deleting ${refused.Key ?? "?"}: ${refused.Code ?? "?"}: ${refused.Message ?? ""}`);
        }
        await sleep(0);
    }
    const uploads = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket }));
    for (const { Key, UploadId } of uploads.Uploads ?? []) {
        await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
}
