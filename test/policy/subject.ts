import type { Props, Resource, Stack } from "../../policy/resource.ts";
import type { ResourceRule } from "../../policy/rule.ts";
import { stackOf } from "../../policy/stack.ts";

/** A resource of one kind, all else as it comes. */
export function resource(kind: string, props: Props = {}, more: Partial<Resource> = {}): Resource {
    return { kind, name: "it", props, protect: false, provider: undefined, ...more };
}

/** A production stack with these keys of its configuration. */
export function stack(config: Readonly<Record<string, string>> = {}): Stack {
    const entries = Object.entries({ role: "production", ...config }).map(([key, value]) => [
        `slotkeeper:${key}`,
        value,
    ]);
    return stackOf("prod", Object.fromEntries(entries) as Record<string, string>);
}

/** What a rule says of one resource. */
export const said = (rule: ResourceRule, kind: string, props: Props, more: Partial<Resource> = {}, of = stack()) =>
    rule.problems(resource(kind, props, more), of);
