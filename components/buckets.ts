import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { endpointOf, type StorageConfig } from "./config/storage.ts";
import type { Location } from "./outputs.ts";
import { storageProvider } from "./providers.ts";
import { bucketPolicy, tlsOnlyPolicy } from "./render/least-privilege.ts";

export interface BucketsArgs {
    readonly storage: StorageConfig;
    /** True only in a drill: destroying the stack then empties the buckets. */
    readonly disposable: boolean;
}

interface BucketPlan {
    readonly name: string;
    readonly bucketName: string;
    readonly storage: StorageConfig;
    readonly disposable: boolean;
    readonly lock: StorageConfig["snapshotLock"];
    readonly options: pulumi.CustomResourceOptions;
}

/**
 * Where backups are kept: the replica bucket that Litestream writes, and the snapshot bucket, each with only what the
 * backend really has. Buckets that are not disposable are protected, kept on destroy, and never emptied.
 */
export class Buckets extends pulumi.ComponentResource {
    /** Resolves when both buckets can be written to. */
    readonly location: pulumi.Output<Location>;
    /** For what else is made at the same place: the keys on AWS. */
    readonly provider: aws.Provider;

    constructor(name: string, args: BucketsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Buckets", name, {}, opts);
        const { storage, disposable } = args;
        this.provider = storageProvider(`${name}-s3`, storage, { parent: this });
        const options = {
            parent: this,
            provider: this.provider,
            protect: !disposable,
            retainOnDelete: !disposable,
        };
        const made = (["replica", "snapshot"] as const).flatMap((purpose) =>
            makeBucket({
                name: `${name}-${purpose}`,
                bucketName: purpose === "replica" ? storage.replicaBucket : storage.snapshotBucket,
                storage,
                disposable,
                // Never on the replica bucket: Litestream must be able to remove what it has merged.
                lock: purpose === "snapshot" ? storage.snapshotLock : undefined,
                options,
            }),
        );
        this.location = pulumi.all(made.map(({ id }) => id)).apply(() => ({
            backend: storage.backend,
            endpoint: endpointOf(storage),
            region: storage.region,
            replicaBucket: storage.replicaBucket,
            snapshotBucket: storage.snapshotBucket,
        }));
        this.registerOutputs({ location: this.location });
    }
}

/** One bucket with its settings. What is not here for a backend, that backend refuses (docs/configuration.md). */
function makeBucket(plan: BucketPlan): pulumi.CustomResource[] {
    const { name, bucketName, storage, disposable, lock, options } = plan;
    const inline =
        storage.backend === "b2" || (storage.backend === "s3-compatible" && storage.lifecycle)
            ? // The resource of its own waits for a header that only AWS sends, and so never ends elsewhere
              // (terraform-provider-aws #49019); this deprecated property does not.
              { lifecycleRules: [inlineLifecycleRule(storage.keepDeletedDays)] }
            : {};
    const bucket = new aws.s3.Bucket(
        name,
        { bucket: bucketName, forceDestroy: disposable, ...(lock && { objectLockEnabled: true }), ...inline },
        options,
    );
    const of = { bucket: bucket.bucket };
    const made: pulumi.CustomResource[] = [bucket];
    const add = <T extends pulumi.CustomResource>(resource: T): T => {
        made.push(resource);
        return resource;
    };
    // B2's buckets are always versioned, and it knows no call to say so.
    const versioning =
        storage.backend === "b2"
            ? bucket
            : add(
                  new aws.s3.BucketVersioning(
                      `${name}-versioning`,
                      { ...of, versioningConfiguration: { status: "Enabled" } },
                      options,
                  ),
              );
    const versioned = { ...options, dependsOn: versioning };
    if (storage.backend !== "s3-compatible")
        add(
            new aws.s3.BucketServerSideEncryptionConfiguration(
                `${name}-encryption`,
                { ...of, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
                options,
            ),
        );
    if (lock !== undefined)
        add(
            new aws.s3.BucketObjectLockConfiguration(
                `${name}-lock`,
                { ...of, rule: { defaultRetention: { mode: lock.mode.toUpperCase(), days: lock.days } } },
                versioned,
            ),
        );
    if (storage.backend === "aws") {
        add(
            new aws.s3.BucketLifecycleConfiguration(
                `${name}-lifecycle`,
                {
                    ...of,
                    rules: [
                        {
                            id: ruleId,
                            status: "Enabled",
                            filter: {},
                            noncurrentVersionExpiration: { noncurrentDays: storage.keepDeletedDays },
                            abortIncompleteMultipartUpload: { daysAfterInitiation: abortDays },
                        },
                    ],
                },
                versioned,
            ),
        );
        const blocked = add(
            new aws.s3.BucketPublicAccessBlock(
                `${name}-private`,
                {
                    ...of,
                    blockPublicAcls: true,
                    blockPublicPolicy: true,
                    ignorePublicAcls: true,
                    restrictPublicBuckets: true,
                },
                options,
            ),
        );
        add(
            new aws.s3.BucketOwnershipControls(
                `${name}-ownership`,
                { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } },
                options,
            ),
        );
        add(
            new aws.s3.BucketPolicy(
                `${name}-tls`,
                { ...of, policy: tlsOnlyPolicy(bucketName) },
                { ...options, dependsOn: blocked },
            ),
        );
    }
    if (storage.backend === "s3-compatible" && storage.accounts !== undefined)
        add(
            new aws.s3.BucketPolicy(
                `${name}-policy`,
                { ...of, policy: bucketPolicy(bucketName, storage.accounts) },
                options,
            ),
        );
    return made;
}

const ruleId = "forget-deleted";
const abortDays = 7;

/** Without an id: a store that makes up its own would be a difference at every `up`. */
function inlineLifecycleRule(keepDeletedDays: number) {
    return {
        enabled: true,
        noncurrentVersionExpiration: { days: keepDeletedDays },
        abortIncompleteMultipartUploadDays: abortDays,
    };
}
