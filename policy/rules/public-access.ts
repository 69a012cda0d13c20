import { UNKNOWN, isKnownFalse, isObject, listIn, objectsIn, textIn, type Props } from "../resource.ts";
import type { ResourceRule, StackRule } from "../rule.ts";
import { storeOf } from "../store.ts";

const publicAcls = ["public-read", "public-read-write", "authenticated-read", "aws-exec-read"];
const everybody = /\/(AllUsers|AuthenticatedUsers)$/;
const blocks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;

/** Nobody reads backups without a key: no ACL, no policy, no open block. */
export const noPublicAccess: ResourceRule = {
    name: "no-public-access",
    description: "No ACL or policy of a bucket lets everybody in, and its public access block is whole.",
    problems({ kind, name, props }) {
        if (!kind.startsWith("aws.s3.")) return [];
        const problems: string[] = [];
        const acl = textIn(props, "acl");
        if (acl !== undefined && publicAcls.includes(acl))
            problems.push(`${name} has the ACL ${acl}, which lets everybody in: leave acl out, or make it private`);
        if (grantsOf(props).some((uri) => everybody.test(uri)))
            problems.push(`${name} grants access to everybody by its ACL: remove the grant`);
        if (kind === "aws.s3.BucketPolicy" || kind === "aws.s3.Bucket")
            for (const reason of openStatements(props["policy"]))
                problems.push(`the policy of ${name} ${reason}: name the accounts it is for`);
        if (kind === "aws.s3.BucketPublicAccessBlock" || kind === "aws.s3.AccountPublicAccessBlock") {
            const open = blocks.filter((block) => isKnownFalse(props[block]));
            if (open.length > 0) problems.push(`${name} leaves public access open: set ${open.join(", ")} to true`);
        }
        return problems;
    },
};

/** AWS has a switch for each bucket that no later policy or ACL can undo. */
export const publicAccessBlock: StackRule = {
    name: "public-access-block",
    description: "Each bucket on AWS has a public access block.",
    findings(resources, stack) {
        const blocked = resources.filter(({ kind }) => kind === "aws.s3.BucketPublicAccessBlock");
        return resources
            .filter((bucket) => bucket.kind === "aws.s3.Bucket" && storeOf(bucket, stack) === "aws")
            .filter(({ urn, props }) => {
                const name = textIn(props, "bucket");
                return !blocked.some(
                    (block) =>
                        block.uses("bucket").includes(urn) || (name !== undefined && block.props["bucket"] === name),
                );
            })
            .map(({ urn, name, props }) => ({
                urn,
                problem: `the bucket ${textIn(props, "bucket") ?? name} has no public access block: add an aws.s3.BucketPublicAccessBlock with all four set`,
            }));
    },
};

function grantsOf(props: Props): string[] {
    const inline = objectsIn(props, "grants").flatMap((grant) => textIn(grant, "uri") ?? []);
    const separate = objectsIn(props, "accessControlPolicy")
        .flatMap((policy) => objectsIn(policy, "grants"))
        .flatMap((grant) => objectsIn(grant, "grantee"))
        .flatMap((grantee) => textIn(grantee, "uri") ?? []);
    return [...inline, ...separate];
}

/** Why a policy is open to everybody, a reason for each statement. A condition is no excuse: it is easily got wrong. */
function openStatements(policy: unknown): string[] {
    if (policy === undefined || policy === null || policy === UNKNOWN) return [];
    const document = typeof policy === "string" ? parsed(policy) : policy;
    if (!isObject(document)) return ["is no JSON, so nobody can tell whom it lets in"];
    return objectsIn(document, "Statement").flatMap((statement) => {
        if (textIn(statement, "Effect") !== "Allow") return [];
        if (statement["NotPrincipal"] !== undefined) return ["allows everybody but some (NotPrincipal)"];
        return isEverybody(statement["Principal"]) ? ['allows everybody (Principal "*")'] : [];
    });
}

function isEverybody(principal: unknown): boolean {
    if (principal === "*") return true;
    if (!isObject(principal)) return false;
    return Object.keys(principal).some((key) => principal[key] === "*" || listIn(principal, key).includes("*"));
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
