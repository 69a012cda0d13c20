import { isObject, textIn, type Props, type Resource, type Stack } from "./resource.ts";

/** An object store, by what it can do. */
export type Store = "aws" | "b2" | "s3-compatible";

/**
 * The store that an S3 resource is made at: AWS's own where its provider names no other endpoint. Behind an endpoint of
 * nobody known is what the stack's configuration says: a drill's double of B2 is B2 too.
 */
export function storeOf(resource: Resource, stack: Stack): Store {
    const props = resource.provider?.props;
    if (props?.["endpoints"] === undefined) return "aws";
    const endpoint = s3EndpointIn(props);
    const host = URL.parse(endpoint ?? "")?.hostname ?? "";
    if (/(^|\.)amazonaws\.com(\.cn)?$/.test(host)) return "aws";
    if (/(^|\.)backblazeb2\.com$/.test(host)) return "b2";
    return stack.backend === "b2" ? "b2" : "s3-compatible";
}

/** Whether a provider speaks to another store than AWS. */
export function isElsewhere(provider: Resource["provider"], stack: Stack): boolean {
    return provider !== undefined && storeOf({ provider } as Resource, stack) !== "aws";
}

/** The engine hands a provider's objects over as JSON text. */
function s3EndpointIn(props: Props): string | undefined {
    const text = textIn(props, "endpoints");
    const endpoints: unknown = text === undefined ? props["endpoints"] : parsed(text);
    const list = Array.isArray(endpoints) ? (endpoints as unknown[]) : [endpoints];
    return list.filter(isObject).flatMap((item) => textIn(item, "s3") ?? [])[0];
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
