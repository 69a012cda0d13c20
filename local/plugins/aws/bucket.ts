import { randomBytes } from "node:crypto";
import type { BucketLocationConstraint } from "@aws-sdk/client-s3";
import type { Resource } from "../provider/resource.ts";
import { isObject, isSame, textOf, type Props } from "../provider/wire.ts";
import { putRules, readRules, s3Rules } from "./inline-lifecycle.ts";
import { codeOf, emptyBucket, type S3 } from "./s3.ts";

const GONE = ["NoSuchBucket", "NotFound"];
const NO_TAGS = ["NoSuchTagSet", "MethodNotAllowed", "NotImplemented", "XNotImplemented", "UnsupportedOperation"];

// Deprecated in the SDK: a resource of its own does the same.
const INLINE = [
    "acl",
    "accelerationStatus",
    "corsRules",
    "grants",
    "logging",
    "objectLockConfiguration",
    "policy",
    "replicationConfiguration",
    "serverSideEncryptionConfiguration",
    "versioning",
    "website",
];

/** `aws.s3.Bucket`, with its name, tags, object lock, forceDestroy and inline lifecycle rules. */
export function bucket(s3: S3): Resource {
    return {
        outputs: ["arn", "bucket", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "region", "tagsAll"],
        changing: ["tagsAll"],
        replacedBy: ["bucket", "bucketPrefix", "objectLockEnabled", "region"],
        check: (news, olds, name) => ({ inputs: { ...news, bucket: nameOf(news, olds, name) }, refusals: [] }),
        create: async (inputs) => {
            const id = textOf(inputs["bucket"]);
            const inline = INLINE.find((key) => inputs[key] !== undefined);
            if (inline !== undefined) {
                throw new Error(
                    `${inline} of an aws.s3.Bucket is not in the offline stand-in of the aws plugin: use the resource of its own`,
                );
            }
            s3Rules(inputs["lifecycleRules"]);
            const region = s3.region;
            await s3.call("creating S3 Bucket", id, [], async (client, sdk) => {
                // In us-east-1 the creation of a bucket one owns already succeeds: it must not be taken over silently.
                if (region === "us-east-1" && (await exists(s3, id))) {
                    throw Object.assign(new Error("the bucket exists already"), { name: "BucketAlreadyExists" });
                }
                const constraint = { LocationConstraint: region as BucketLocationConstraint };
                return client.send(
                    new sdk.CreateBucketCommand({
                        Bucket: id,
                        ACL: "private",
                        ...(region !== "us-east-1" && { CreateBucketConfiguration: constraint }),
                        ...(inputs["objectLockEnabled"] === true && { ObjectLockEnabledForBucket: true }),
                    }),
                );
            });
            await tag(s3, id, inputs["tags"]);
            if (inputs["lifecycleRules"] !== undefined) await putRules(s3, id, inputs["lifecycleRules"]);
            return { id, outputs: { ...describe(id, region), tagsAll: inputs["tags"] ?? {} } };
        },
        update: async (id, news, olds) => {
            if (JSON.stringify(news["tags"]) !== JSON.stringify(olds["tags"])) await tag(s3, id, news["tags"] ?? {});
            if (!isSame(news["lifecycleRules"], olds["lifecycleRules"])) await putRules(s3, id, news["lifecycleRules"]);
            return { tagsAll: news["tags"] ?? {} };
        },
        read: async (id, state) => {
            if (!(await exists(s3, id))) return undefined;
            const wanted = state["lifecycleRules"];
            const inline = wanted === undefined ? {} : { lifecycleRules: await readRules(s3, id, wanted) };
            return { ...describe(id, s3.region), ...inline };
        },
        delete: async (id, state) => {
            await s3.call("deleting S3 Bucket", id, GONE, async (client, sdk) => {
                const command = new sdk.DeleteBucketCommand({ Bucket: id });
                try {
                    await client.send(command);
                } catch (error) {
                    if (codeOf(error) !== "BucketNotEmpty" || state["forceDestroy"] !== true) throw error;
                    await emptyBucket(client, sdk, id);
                    await client.send(command);
                }
            });
        },
    };
}

/** Pulumi's autonaming: the resource's name and seven random hexadecimal digits, kept from then on. */
function nameOf(news: Props, olds: Props, name: string): string {
    if (typeof news["bucket"] === "string") return news["bucket"];
    if (typeof olds["bucket"] === "string" && olds["bucketPrefix"] === news["bucketPrefix"]) return olds["bucket"];
    const suffix = randomBytes(4).toString("hex").slice(1);
    return typeof news["bucketPrefix"] === "string" ? news["bucketPrefix"] + suffix : `${name}-${suffix}`;
}

function describe(id: string, region: string): Props {
    return {
        arn: `arn:aws:s3:::${id}`,
        bucket: id,
        bucketDomainName: `${id}.s3.amazonaws.com`,
        bucketRegion: region,
        bucketRegionalDomainName: `${id}.s3.${region}.amazonaws.com`,
        region,
    };
}

async function exists(s3: S3, id: string): Promise<boolean> {
    const head = await s3.call("reading S3 Bucket", id, GONE, (client, sdk) =>
        client.send(new sdk.HeadBucketCommand({ Bucket: id })),
    );
    return head !== undefined;
}

async function tag(s3: S3, id: string, tags: Props[string] | undefined): Promise<void> {
    if (!isObject(tags)) return;
    const TagSet = Object.entries(tags).map(([Key, value]) => ({ Key, Value: textOf(value) }));
    await s3.call("tagging S3 Bucket", id, TagSet.length === 0 ? NO_TAGS : [], (client, sdk) =>
        TagSet.length === 0
            ? client.send(new sdk.DeleteBucketTaggingCommand({ Bucket: id }))
            : client.send(new sdk.PutBucketTaggingCommand({ Bucket: id, Tagging: { TagSet } })),
    );
}
