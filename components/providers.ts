import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { optionalSecret } from "./config/secrets.ts";
import { endpointOf, type StorageConfig } from "./config/storage.ts";

/**
 * The provider of the buckets: S3 at the backend's endpoint, with the provisioner's key. On AWS without a key in the
 * stack's configuration, with whatever the environment holds (a profile, OIDC).
 */
export function storageProvider(name: string, storage: StorageConfig, opts: pulumi.ResourceOptions): aws.Provider {
    const accessKey = optionalSecret("storageAdminKeyId");
    const secretKey = optionalSecret("storageAdminSecret");
    const keys = { ...(accessKey && { accessKey }), ...(secretKey && { secretKey }) };
    if (storage.backend === "aws")
        return new aws.Provider(name, { region: storage.region as aws.Region, ...keys }, opts);
    return new aws.Provider(
        name,
        {
            ...keys,
            endpoints: [{ s3: endpointOf(storage) }],
            region: storage.region as aws.Region,
            s3UsePathStyle: true,
            // No AWS account stands behind the endpoint: without these the provider asks STS, IMDS and S3 Control.
            skipCredentialsValidation: true,
            skipMetadataApiCheck: true,
            skipRegionValidation: true,
            skipRequestingAccountId: true,
        },
        opts,
    );
}

/** The provider of the server: EC2 and Route 53, with whatever key the environment holds. */
export function computeProvider(name: string, region: string, opts: pulumi.ResourceOptions): aws.Provider {
    return new aws.Provider(name, { region: region as aws.Region }, opts);
}
