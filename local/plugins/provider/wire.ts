/** A JSON value as the engine sends it; secrets, assets and unknowns are marked as below. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The properties of one resource. */
export type Props = Record<string, Json>;

// The marks of Pulumi's wire format: sdk/go/common/resource/sig and plugin/rpc.go of github.com/pulumi/pulumi, v3.259.0.
const KIND = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Stands for a value that a preview cannot know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

// Unknowns of other types than string (bool, number, array, asset, archive, object).
const UNKNOWNS = new Set([
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A file, text or address that is copied; `hash` is what the engine compares. */
export interface Asset {
    readonly kind: "asset" | "archive";
    readonly path: string | undefined;
    readonly text: string | undefined;
    readonly hash: string;
}

/** Whether a value is an object, and neither null nor a list. */
export function isObject(value: Json | undefined): value is Record<string, Json> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text as it is, any other value as JSON. */
export function textOf(value: Json | undefined): string {
    return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Marks a value as secret, so that the engine encrypts it in its state. */
export function secret(value: Json): Json {
    return isObject(value) && value[KIND] === SECRET ? value : { [KIND]: SECRET, value };
}

/** The same value without any mark of secrecy, at any depth. */
export function revealed(value: Json): Json {
    if (Array.isArray(value)) return value.map(revealed);
    if (!isObject(value)) return value;
    if (value[KIND] === SECRET) return revealed(value["value"] ?? null);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

/** Properties without any mark of secrecy. */
export function revealedProps(props: Props): Props {
    return Object.fromEntries(Object.entries(props).map(([key, value]) => [key, revealed(value)]));
}

/** Whether a value is, or holds anywhere, something that a preview cannot know yet. */
export function hasUnknown(value: Json | undefined): boolean {
    if (typeof value === "string") return UNKNOWNS.has(value);
    if (Array.isArray(value)) return value.some(hasUnknown);
    return isObject(value) && Object.values(value).some(hasUnknown);
}

/** The asset or archive a value stands for; undefined for any other value. */
export function asAsset(value: Json | undefined): Asset | undefined {
    if (!isObject(value)) return undefined;
    const mark = value[KIND];
    if (mark !== ASSET && mark !== ARCHIVE) return undefined;
    const text = (key: string): string | undefined => {
        const item = value[key];
        return typeof item === "string" ? item : undefined;
    };
    return {
        kind: mark === ASSET ? "asset" : "archive",
        path: text("path") === "" ? undefined : text("path"),
        text: text("path") === undefined || text("path") === "" ? text("text") : undefined,
        hash: text("hash") ?? "",
    };
}

/** Whether two values are the same to the engine: secrecy is no difference, and assets are compared by their hash. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
    return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: Json | undefined): Json {
    if (value === undefined) return null;
    if (Array.isArray(value)) return value.map(canonical);
    if (!isObject(value)) return value;
    if (value[KIND] === SECRET) return canonical(value["value"]);
    const asset = asAsset(value);
    if (asset !== undefined && asset.hash !== "") return { kind: asset.kind, hash: asset.hash };
    const keys = Object.keys(value).sort();
    return Object.fromEntries(keys.map((key) => [key, canonical(value[key])]));
}
