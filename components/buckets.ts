import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { StorageConfig } from "./config.ts";
import { secret } from "./config.ts";
import { bucketPolicy } from "./render/bucket-policy.ts";

export interface BucketsArgs {
    readonly storage: StorageConfig;
    /** True only in a drill: destroying the stack then empties the buckets. */
    readonly disposable: boolean;
}

/** What a recovery needs to know about production's storage; the contract between production's and staging's stack. */
export interface Location {
    readonly endpoint: string;
    readonly region: string;
    readonly replicaBucket: string;
    readonly snapshotBucket: string;
}

/**
 * Where backups are kept: the replica bucket that Litestream writes, and the snapshot bucket.
 * Buckets that are not disposable are protected, kept on destroy, and never emptied.
 */
export class Buckets extends pulumi.ComponentResource {
    /** Resolves when both buckets can be written to. */
    readonly location: pulumi.Output<Location>;

    constructor(name: string, args: BucketsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Buckets", name, {}, opts);
        const { storage, disposable } = args;
        const provider = new aws.Provider(
            `${name}-s3`,
            {
                endpoints: [{ s3: storage.endpoint }],
                region: storage.region as aws.Region,
                accessKey: secret("storageAdminKeyId"),
                secretKey: secret("storageAdminSecret"),
                s3UsePathStyle: true,
                // No AWS account stands behind the endpoint: without these the provider asks STS, IMDS and S3 Control.
                skipCredentialsValidation: true,
                skipMetadataApiCheck: true,
                skipRegionValidation: true,
                skipRequestingAccountId: true,
            },
            { parent: this },
        );
        const options = { parent: this, provider, protect: !disposable, retainOnDelete: !disposable };

        const ready = (["replica", "snapshot"] as const).map((purpose) => {
            const bucketName = purpose === "replica" ? storage.replicaBucket : storage.snapshotBucket;
            const bucket = new aws.s3.Bucket(
                `${name}-${purpose}`,
                { bucket: bucketName, forceDestroy: disposable },
                options,
            );
            const versioning = new aws.s3.BucketVersioning(
                `${name}-${purpose}-versioning`,
                { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
                options,
            );
            const policy =
                storage.accounts === undefined
                    ? []
                    : [
                          new aws.s3.BucketPolicy(
                              `${name}-${purpose}-policy`,
                              { bucket: bucket.bucket, policy: bucketPolicy(bucketName, storage.accounts) },
                              options,
                          ),
                      ];
            return [versioning, ...policy].map((resource) => resource.id);
        });

        this.location = pulumi.all(ready.flat()).apply(() => ({
            endpoint: storage.endpoint,
            region: storage.region,
            replicaBucket: storage.replicaBucket,
            snapshotBucket: storage.snapshotBucket,
        }));
        this.registerOutputs({ location: this.location });
    }
}
