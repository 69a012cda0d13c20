import type { Stack } from "./resource.ts";

const namespace = "slotkeeper:";

/**
 * A stack from its configuration. What it does not say is taken for the strictest: no drill.
 * @param raw key (with namespace) → value, secrets in clear.
 */
export function stackOf(name: string, raw: Readonly<Record<string, string>>): Stack {
    const config = Object.fromEntries(
        Object.entries(raw).flatMap(([key, value]) =>
            key.startsWith(namespace) ? [[key.slice(namespace.length), value]] : [],
        ),
    );
    return {
        name,
        role: config["role"],
        drill: config["drill"] === "true",
        backend: backendIn(config["storage"]),
        config,
    };
}

function backendIn(storage: string | undefined): string | undefined {
    if (storage === undefined) return undefined;
    try {
        const { backend } = JSON.parse(storage) as { backend?: unknown };
        return typeof backend === "string" ? backend : undefined;
    } catch {
        // The program itself says what is wrong with its configuration.
        return undefined;
    }
}
