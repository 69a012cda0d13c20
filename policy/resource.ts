/** Stands for a value that a preview cannot know: the same rule judges it at `up`. */
export const UNKNOWN = Symbol("known at up");

export type Props = Readonly<Record<string, unknown>>;

/** A resource as the program asks for it, with all that a rule may judge. */
export interface Resource {
    /** package.module.Class, without the "V2" of deprecated aliases: aws.s3.Bucket, command.remote.Command. */
    readonly kind: string;
    readonly name: string;
    /** Secrets are in clear here: no rule may show a value that could be one. */
    readonly props: Props;
    readonly protect: boolean;
    /** Undefined for components, and for providers themselves. */
    readonly provider: { readonly name: string; readonly props: Props } | undefined;
}

/** What a stack says of itself. */
export interface Stack {
    readonly name: string;
    readonly role: string | undefined;
    /** Whether all that it makes is a drill's, and may be destroyed. */
    readonly drill: boolean;
    /** Where production's backups are kept. */
    readonly backend: string | undefined;
    /** Every `slotkeeper:` key that is set, without namespace, with its value: secrets too. */
    readonly config: Readonly<Record<string, string>>;
}

/** `aws:s3/bucketV2:BucketV2` → `aws.s3.Bucket`. */
export function kindOf(type: string): string {
    const [pack = "", path = "", name = ""] = type.split(":");
    return `${pack}.${path.split("/")[0] ?? ""}.${name.replace(/V2$/, "")}`;
}

/** A copy in which {@link UNKNOWN} stands where the SDK would throw, because a preview does not know the value. */
export function plain(value: unknown): unknown {
    // Not map(): it would read each element itself.
    if (Array.isArray(value))
        return Array.from({ length: value.length }, (_, index) => read(value as unknown as Props, String(index)));
    if (typeof value !== "object" || value === null) return value;
    return plainProps(value as Props);
}

/** As {@link plain}, of the properties of a resource. */
export function plainProps(props: Props): Props {
    return Object.fromEntries(Object.keys(props).map((key) => [key, read(props, key)]));
}

/** The SDK's proxy throws for an unknown value, and for nothing else: what it holds is JSON (@pulumi/policy, proxy.js). */
function read(props: Props, key: string): unknown {
    let value: unknown;
    try {
        value = props[key];
    } catch {
        return UNKNOWN;
    }
    return plain(value);
}

/** Undefined for what is no text, or not known yet. */
export function textIn(props: Props, key: string): string | undefined {
    const value = props[key];
    return typeof value === "string" ? value : undefined;
}

/** Empty for what is no list, or not known yet. */
export function listIn(props: Props, key: string): readonly unknown[] {
    const value = props[key];
    return Array.isArray(value) ? value : [];
}

/** The texts in a list; what is not known yet is left out. */
export function textsIn(props: Props, key: string): string[] {
    return listIn(props, key).filter((item) => typeof item === "string");
}

/** The objects in a list, or the one object that is there. */
export function objectsIn(props: Props, key: string): Props[] {
    const value = props[key];
    return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isObject);
}

export function isObject(value: unknown): value is Props {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Providers hold their booleans as text. */
export function isTrue(value: unknown): boolean {
    return value === true || value === "true";
}

/** Whether a value is known, and not true. */
export function isKnownFalse(value: unknown): boolean {
    return value !== UNKNOWN && !isTrue(value);
}
