import type { LifecycleRule } from "@aws-sdk/client-s3";
import { isObject, type Json, type Props } from "../provider/wire.ts";
import type { S3 } from "./s3.ts";

/** What of the deprecated `lifecycleRules` of an aws.s3.Bucket is here; the rest of it no program of ours uses. */
const known = [
    "id",
    "enabled",
    "prefix",
    "expiration",
    "noncurrentVersionExpiration",
    "abortIncompleteMultipartUploadDays",
];

/** The property as S3's rules. @throws for a part of it that is not here. */
export function s3Rules(rules: Json | undefined): LifecycleRule[] {
    if (!Array.isArray(rules)) return [];
    return rules.filter(isObject).map(s3Rule);
}

function s3Rule(rule: Props): LifecycleRule {
    const other = Object.keys(rule).find((key) => !known.includes(key));
    if (other !== undefined)
        throw new Error(
            `${other} in lifecycleRules of an aws.s3.Bucket is not in the offline stand-in of the aws plugin`,
        );
    const { id, enabled, prefix, expiration, noncurrentVersionExpiration, abortIncompleteMultipartUploadDays } = rule;
    const days = (action: Json | undefined) => (isObject(action) ? Number(action["days"]) : undefined);
    const [hide, forget] = [days(expiration), days(noncurrentVersionExpiration)];
    return {
        ...(typeof id === "string" && { ID: id }),
        Status: enabled === true ? "Enabled" : "Disabled",
        Filter: { Prefix: typeof prefix === "string" ? prefix : "" },
        ...(hide !== undefined && { Expiration: { Days: hide } }),
        ...(forget !== undefined && { NoncurrentVersionExpiration: { NoncurrentDays: forget } }),
        ...(abortIncompleteMultipartUploadDays !== undefined && {
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: Number(abortIncompleteMultipartUploadDays) },
        }),
    };
}

/** S3's rules as the property; an id only where the program gave ids, for a store makes up its own. */
function pulumiRules(rules: readonly LifecycleRule[], withIds: boolean): Props[] {
    return rules.map((rule) => ({
        ...(withIds && rule.ID !== undefined && { id: rule.ID }),
        enabled: rule.Status === "Enabled",
        ...((rule.Filter?.Prefix ?? "") !== "" && { prefix: rule.Filter?.Prefix ?? "" }),
        ...(rule.Expiration?.Days !== undefined && { expiration: { days: rule.Expiration.Days } }),
        ...(rule.NoncurrentVersionExpiration?.NoncurrentDays !== undefined && {
            noncurrentVersionExpiration: { days: rule.NoncurrentVersionExpiration.NoncurrentDays },
        }),
        ...(rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation !== undefined && {
            abortIncompleteMultipartUploadDays: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation,
        }),
    }));
}

/** Sets the rules of a bucket, or removes them when there are none; waits for nothing, as the official plugin does here. */
export async function putRules(s3: S3, bucket: string, rules: Json | undefined): Promise<void> {
    const Rules = s3Rules(rules);
    await s3.call("putting S3 Bucket lifecycle", bucket, [], (client, sdk) =>
        Rules.length === 0
            ? client.send(new sdk.DeleteBucketLifecycleCommand({ Bucket: bucket }))
            : client.send(
                  new sdk.PutBucketLifecycleConfigurationCommand({
                      Bucket: bucket,
                      LifecycleConfiguration: { Rules },
                  }),
              ),
    );
}

/** The rules that a bucket has, in the words of those that it should have. */
export async function readRules(s3: S3, bucket: string, wanted: Json | undefined): Promise<Props[]> {
    const found = await s3.call(
        "reading S3 Bucket lifecycle",
        bucket,
        ["NoSuchLifecycleConfiguration", "NotImplemented", "MethodNotAllowed"],
        (client, sdk) => client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket: bucket })),
    );
    const withIds = Array.isArray(wanted) && wanted.some((rule) => isObject(rule) && typeof rule["id"] === "string");
    return pulumiRules(found?.Rules ?? [], withIds);
}
