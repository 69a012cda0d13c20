import type { Resource, Stack } from "./resource.ts";

interface Named {
    /** In the CLI's output, and in a policy pack's configuration. */
    readonly name: string;
    /** The rule as a sentence. */
    readonly description: string;
}

/** Judges one resource. A value that a preview cannot know passes there, and is judged at `up`. */
export interface ResourceRule extends Named {
    /** @returns what is wrong and what to do, a sentence each; none for a resource that is right. */
    readonly problems: (resource: Resource, stack: Stack) => readonly string[];
}

/** A resource beside others: `uses` says which one a property comes from, also where its value is not known yet. */
export interface StackMember extends Resource {
    readonly urn: string;
    readonly uses: (property: string) => readonly string[];
}

/** Judges what a stack has, and lacks, once all of it is known. */
export interface StackRule extends Named {
    readonly findings: (
        resources: readonly StackMember[],
        stack: Stack,
    ) => readonly { readonly urn: string; readonly problem: string }[];
}

export type Rule = ResourceRule | StackRule;
