import { isTrue, type Resource } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

const writerKeys = ["serverKeyId", "serverSecret", "storageAdminKeyId", "storageAdminSecret"];
const makesStorage = /^aws\.(s3|iam)\./;
const makesSecret = /^random\.index\.(RandomBytes|RandomPassword)$/;

/** Staging restores from production's backups. It has no way to write them, and owns none of its own. */
export const stagingOnlyReads: ResourceRule = {
    name: "staging-only-reads",
    description:
        "Staging says that it is a drill, holds no key that writes, and makes no bucket, key or encryption secret.",
    problems({ kind, name }: Resource, stack) {
        if (stack.role !== "staging") return [];
        if (kind === "pulumi.pulumi.Stack") {
            const problems = writerKeys
                .filter((key) => stack.config[key] !== undefined)
                .map((key) => `staging holds slotkeeper:${key}, a key that can write production's backups: pulumi config rm slotkeeper:${key} --stack ${stack.name}`);
            if (!isTrue(stack.config["drill"]))
                problems.push("staging does not say that it is a drill: set slotkeeper:drill to true");
            return problems;
        }
        if (makesStorage.test(kind)) return [`staging makes ${name} (${kind}): it owns no storage and no keys, and reads production's; make it in production's stack`];
        if (makesSecret.test(kind)) return [`staging makes the secret ${name}: snapshots are encrypted with production's, which staging only reads; make it in production's stack`];
        return [];
    }, // prettier-ignore
};
