import { isKnownFalse, type Resource } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";
import { isElsewhere, storeOf, type Store } from "../store.ts";

const objects = ["BucketObject", "BucketObjectv2", "ObjectCopy"];

/** The S3 resources that each store has, but for AWS's own, which has all. What is not here it refuses, or never ends. */
const kinds: Readonly<Record<Exclude<Store, "aws">, readonly string[]>> = {
    // backblaze.com/docs/cloud-storage-call-the-s3-compatible-api: buckets are always versioned; policies, public access
    // blocks, ownership and tags do not exist.
    b2: [
        "Bucket",
        "BucketAcl",
        "BucketCorsConfiguration",
        "BucketObjectLockConfiguration",
        "BucketServerSideEncryptionConfiguration",
        ...objects,
    ],
    "s3-compatible": [
        "Bucket",
        "BucketAcl",
        "BucketCorsConfiguration",
        "BucketObjectLockConfiguration",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketVersioning",
        ...objects,
    ],
};

/** The same for what a bucket may say of itself. */
const refusedProperties: Readonly<Record<Exclude<Store, "aws">, readonly string[]>> = {
    b2: ["accelerationStatus", "logging", "policy", "replicationConfiguration", "requestPayer", "tags", "versioning", "website"],
    "s3-compatible": ["accelerationStatus", "logging", "replicationConfiguration", "requestPayer", "tags", "website"],
}; // prettier-ignore

const because: Readonly<Record<string, string>> = {
    BucketVersioning: "its buckets are always versioned, and it knows no call to say so",
    BucketLifecycleConfiguration:
        "the resource waits for a header that only AWS sends; use lifecycleRules of the bucket",
    BucketPolicy: "what a key may do is said when it is made (docs/keys.md)",
    BucketPublicAccessBlock: "a bucket is private unless its ACL says otherwise",
};

/** Nothing is asked of a store that it does not have: it would fail half-way through an `up`. */
export const backendLimits: ResourceRule = {
    name: "backend-limits",
    description: "A stack asks of its object store only what that store has.",
    problems(resource, stack) {
        const store = storeOf(resource, stack);
        if (store === "aws" || !resource.kind.startsWith("aws.")) return [];
        const [, module = "", name = ""] = resource.kind.split(".");
        if (module !== "s3") return [`${resource.name} is an aws.${module}.${name}, and its provider speaks to ${shown[store]}, which has none: give it a provider of AWS`];
        if (!kinds[store].includes(name))
            return [`${resource.name} is an aws.s3.${name}, which ${shown[store]} does not have: ${because[name] ?? "it refuses the call"}; leave it out for this backend`];
        return [
            ...refusedProperties[store]
                .filter((key) => isSet(resource.props[key]))
                .map((key) => `${resource.name} sets ${key}, which ${shown[store]} does not have: leave it out for this backend`),
        ];
    }, // prettier-ignore
};

const shown: Readonly<Record<Exclude<Store, "aws">, string>> = { b2: "B2", "s3-compatible": "an S3-compatible store" };

/** An empty list or object asks for nothing. */
function isSet(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return value !== undefined && value !== null;
    return Object.keys(value).length > 0;
}

/** Which account a resource lands in is never left to the environment. */
export const explicitProvider: ResourceRule = {
    name: "explicit-provider",
    description: "Every AWS resource names its provider.",
    problems({ kind, name, provider }) {
        // Pulumi's own names for providers that no one made: default, default_7_48_0.
        if (!kind.startsWith("aws.") || provider === undefined || !/^default(_|$)/.test(provider.name)) return [];
        return [`${name} names no provider, so the environment decides which account and store it is made in: give it the option provider`];
    }, // prettier-ignore
};

/** With its defaults the plugin asks AWS about an account that another store's key does not have. */
export const foreignProvider: ResourceRule = {
    name: "foreign-provider",
    description: "A provider of another store than AWS asks for no account and sets no tags.",
    problems(resource: Resource, stack) {
        if (resource.kind !== "pulumi.providers.aws") return [];
        const { name, props } = resource;
        if (!isElsewhere({ name, props }, stack)) return [];
        const problems = ["skipRequestingAccountId", "skipCredentialsValidation"]
            .filter((key) => isKnownFalse(props[key]))
            .map((key) => `the provider ${name} speaks to another store than AWS without ${key}: set it to true, or the plugin asks AWS for the account of its key`);
        if (isSet(props["defaultTags"]))
            problems.push(`the provider ${name} sets defaultTags, which only AWS takes: leave them out`);
        return problems;
    }, // prettier-ignore
};
