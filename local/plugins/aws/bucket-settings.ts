import type {
    BucketLifecycleConfiguration,
    ObjectLockConfiguration,
    OwnershipControls,
    OwnershipControlsRule,
    PublicAccessBlockConfiguration,
    S3Client,
    ServerSideEncryptionConfiguration,
    VersioningConfiguration,
} from "@aws-sdk/client-s3";
import type { Resource } from "../provider/resource.ts";
import { isObject, textOf, type Json, type Props } from "../provider/wire.ts";
import type { S3 } from "./s3.ts";

type Sdk = typeof import("@aws-sdk/client-s3");
type Call = (client: S3Client, sdk: Sdk, bucket: string, inputs: Props) => Promise<unknown>;

interface Setting {
    /** As in the provider's messages: "S3 Bucket Policy". */
    readonly noun: string;
    readonly put: Call;
    readonly get: Call;
    readonly remove: Call;
    /** Error codes of `get` and `remove` that mean that there is nothing. */
    readonly absent: readonly string[];
}

const GONE = ["NoSuchBucket", "NotFound"];

const all: Readonly<Record<string, Setting>> = {
    "aws:s3/bucketVersioning:BucketVersioning": {
        noun: "S3 Bucket Versioning",
        put: (client, sdk, Bucket, inputs) => {
            const configuration = inputs["versioningConfiguration"];
            // "Disabled" is only for a bucket that has never been versioned: there is nothing to tell S3.
            if (isObject(configuration) && configuration["status"] === "Disabled") return Promise.resolve();
            const VersioningConfiguration = inS3Words(configuration) as VersioningConfiguration;
            return client.send(new sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetBucketVersioningCommand({ Bucket })),
        remove: (client, sdk, Bucket) => {
            const VersioningConfiguration = { Status: "Suspended" } as const;
            return client.send(new sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
        },
        // A bucket with object lock keeps its versioning until it is deleted itself.
        absent: ["InvalidBucketState"],
    },
    "aws:s3/bucketPolicy:BucketPolicy": {
        noun: "S3 Bucket Policy",
        put: (client, sdk, Bucket, inputs) => {
            const policy = inputs["policy"];
            const Policy = typeof policy === "string" ? policy : JSON.stringify(policy);
            return client.send(new sdk.PutBucketPolicyCommand({ Bucket, Policy }));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetBucketPolicyCommand({ Bucket })),
        remove: (client, sdk, Bucket) => client.send(new sdk.DeleteBucketPolicyCommand({ Bucket })),
        absent: ["NoSuchBucketPolicy"],
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        noun: "S3 Bucket Server-side Encryption Configuration",
        put: (client, sdk, Bucket, inputs) => {
            const configuration = { Rules: inS3Words(inputs["rules"]) } as ServerSideEncryptionConfiguration;
            const input = { Bucket, ServerSideEncryptionConfiguration: configuration };
            return client.send(new sdk.PutBucketEncryptionCommand(input));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetBucketEncryptionCommand({ Bucket })),
        remove: (client, sdk, Bucket) => client.send(new sdk.DeleteBucketEncryptionCommand({ Bucket })),
        absent: ["ServerSideEncryptionConfigurationNotFoundError"],
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        noun: "S3 Bucket Public Access Block",
        put: (client, sdk, Bucket, inputs) => {
            const on = (key: string): boolean => inputs[key] === true;
            const PublicAccessBlockConfiguration: PublicAccessBlockConfiguration = {
                BlockPublicAcls: on("blockPublicAcls"),
                BlockPublicPolicy: on("blockPublicPolicy"),
                IgnorePublicAcls: on("ignorePublicAcls"),
                RestrictPublicBuckets: on("restrictPublicBuckets"),
            };
            return client.send(new sdk.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetPublicAccessBlockCommand({ Bucket })),
        remove: (client, sdk, Bucket, state) =>
            state["skipDestroy"] === true
                ? Promise.resolve()
                : client.send(new sdk.DeletePublicAccessBlockCommand({ Bucket })),
        absent: ["NoSuchPublicAccessBlockConfiguration"],
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
        noun: "S3 Bucket Ownership Controls",
        put: (client, sdk, Bucket, inputs) => {
            const rule = inS3Words(inputs["rule"]) as unknown as OwnershipControlsRule;
            const controls: OwnershipControls = { Rules: [rule] };
            return client.send(new sdk.PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: controls }));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetBucketOwnershipControlsCommand({ Bucket })),
        remove: (client, sdk, Bucket) => client.send(new sdk.DeleteBucketOwnershipControlsCommand({ Bucket })),
        absent: ["OwnershipControlsNotFoundError"],
    },
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": {
        noun: "S3 Bucket Object Lock Configuration",
        put: (client, sdk, Bucket, inputs) => {
            const rule = inputs["rule"] === undefined ? {} : { Rule: inS3Words(inputs["rule"]) };
            const configuration = { ObjectLockEnabled: "Enabled", ...rule } as ObjectLockConfiguration;
            const input = { Bucket, ObjectLockConfiguration: configuration };
            return client.send(new sdk.PutObjectLockConfigurationCommand(input));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket })),
        remove: (client, sdk, Bucket) => {
            const configuration: ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" };
            const input = { Bucket, ObjectLockConfiguration: configuration };
            return client.send(new sdk.PutObjectLockConfigurationCommand(input));
        },
        absent: ["ObjectLockConfigurationNotFoundError"],
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        noun: "S3 Bucket Lifecycle Configuration",
        put: (client, sdk, Bucket, inputs) => {
            const configuration = { Rules: inS3Words(inputs["rules"]) } as BucketLifecycleConfiguration;
            const input = { Bucket, LifecycleConfiguration: configuration };
            return client.send(new sdk.PutBucketLifecycleConfigurationCommand(input));
        },
        get: (client, sdk, Bucket) => client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket })),
        remove: (client, sdk, Bucket) => client.send(new sdk.DeleteBucketLifecycleCommand({ Bucket })),
        absent: ["NoSuchLifecycleConfiguration"],
    },
};

/** The resources that each are one setting of a bucket, by type; the id of each is the bucket's name. */
export function settings(s3: S3): [string, Resource][] {
    return Object.entries(all).map(([type, setting]) => [type, resource(s3, setting)]);
}

function resource(s3: S3, { noun, put, get, remove, absent }: Setting): Resource {
    return {
        outputs: ["region"],
        replacedBy: ["bucket", "expectedBucketOwner", "region"],
        create: async (inputs) => {
            const id = textOf(inputs["bucket"]);
            await s3.call(`creating ${noun}`, id, [], (client, sdk) => put(client, sdk, id, inputs));
            return { id, outputs: { region: s3.region } };
        },
        update: async (id, news) => {
            await s3.call(`updating ${noun}`, id, [], (client, sdk) => put(client, sdk, id, news));
            return {};
        },
        read: async (id, state) => {
            const found = await s3.call(`reading ${noun}`, id, [...GONE, ...absent], (client, sdk) =>
                get(client, sdk, id, state),
            );
            return found === undefined ? undefined : {};
        },
        delete: async (id, state) => {
            await s3.call(`deleting ${noun}`, id, [...GONE, ...absent], (client, sdk) =>
                remove(client, sdk, id, state),
            );
        },
    };
}

// S3's words for what Pulumi writes in camel case; all others only begin with a capital.
const WORDS: Readonly<Record<string, string>> = {
    id: "ID",
    kmsMasterKeyId: "KMSMasterKeyID",
    mfaDelete: "MFADelete",
    sseAlgorithm: "SSEAlgorithm",
};

function inS3Words(value: Json | undefined): Json | undefined {
    if (Array.isArray(value)) return value.map((item) => inS3Words(item) ?? null);
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [
        WORDS[key] ?? key.charAt(0).toUpperCase() + key.slice(1),
        inS3Words(item) ?? null,
    ]);
    return Object.fromEntries(entries) as Json;
}
