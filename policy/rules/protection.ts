import { UNKNOWN, isTrue, textIn, type Resource, type Stack } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

const secretKinds = ["random.index.RandomBytes", "random.index.RandomPassword"];

/** Production's buckets, and what its snapshots are encrypted with, outlive a mistaken destroy. */
export const protectedStorage: ResourceRule = {
    name: "protected-storage",
    description: "Buckets and the encryption secret are protected, unless they are a drill's.",
    problems({ kind, name, protect, props }, stack) {
        const what = kind === "aws.s3.Bucket" ? "the bucket" : secretKinds.includes(kind) ? "the secret" : undefined;
        if (what === undefined || protect || stack.drill) return [];
        const shown = textIn(props, "bucket") ?? name;
        return [
            `${what} ${shown} is not protected, so a destroy would take it and every backup with it: ` +
                "give it the options protect and retainOnDelete",
        ];
    },
};

/** In a drill only what says so in its name may be emptied. */
export const drillBuckets: ResourceRule = {
    name: "drill-buckets",
    description: "A stack that is a drill has no bucket but those whose name begins with drill-.",
    problems({ kind, props }, stack) {
        if (kind !== "aws.s3.Bucket" || !stack.drill || props["bucket"] === UNKNOWN) return [];
        const name = textIn(props, "bucket") ?? textIn(props, "bucketPrefix") ?? "(a name that Pulumi makes up)";
        if (name.startsWith("drill-")) return [];
        return [
            `the stack says slotkeeper:drill: true and has the bucket ${name}, which a drill would empty: ` +
                "name it drill-…, or remove slotkeeper:drill from the stack's configuration",
        ];
    },
};

/** Nothing that holds backups, nor anybody's key to them, goes before it is empty. */
export const noForceDestroy: ResourceRule = {
    name: "no-force-destroy",
    description: "forceDestroy is for drills alone.",
    problems(resource: Resource, stack: Stack) {
        if (stack.drill || !isTrue(resource.props["forceDestroy"])) return [];
        return [
            `${resource.name} has forceDestroy, and this stack is no drill: a destroy would empty it first; ` +
                "leave forceDestroy out",
        ];
    },
};
