import type { Props } from "./wire.ts";

/** An input that is refused, and why. */
export interface Refusal {
    readonly property: string;
    readonly reason: string;
}

/** What a resource may use while it works. */
export interface Context {
    /** Aborted when the engine cancels the update. */
    readonly cancelled: AbortSignal;
    /** Shows one line of progress beside the resource; it is not kept. */
    status(line: string): void;
    /** Shows one line that stays in the update's output. */
    warn(line: string): void;
    /** Like `warn`, as an error. */
    error(line: string): void;
}

/** One type of resource: all values come without marks of secrecy, and never unknown except in `check`. */
export interface Resource {
    /** Outputs that are no inputs; a preview shows them as unknown until the resource exists. */
    readonly outputs: readonly string[];
    /** Those of `outputs` that an update may change. */
    readonly changing?: readonly string[];
    /** Outputs that are always secret, whatever the program says. */
    readonly secrets?: readonly string[];
    /** Inputs whose change replaces the resource; `"all"` where nothing can be updated. */
    readonly replacedBy: readonly string[] | "all";
    /** Whether a replacement deletes the old one first, because both cannot exist at once. */
    readonly deletedBeforeReplaced?: boolean;
    /** Completes the inputs with the provider's defaults and names what is wrong with them. Values may be unknown and secret. */
    check?(news: Props, olds: Props, name: string): { inputs: Props; refusals: Refusal[] };
    create(inputs: Props, name: string, context: Context): Promise<{ id: string; outputs: Props }>;
    /** @returns the outputs that changed. */
    update?(id: string, news: Props, olds: Props, context: Context): Promise<Props>;
    /** @returns the outputs that changed; undefined when the resource no longer exists. */
    read?(id: string, state: Props, context: Context): Promise<Props | undefined>;
    delete?(id: string, state: Props, context: Context): Promise<void>;
}

/** A provider: its resources by type token, and what its configuration does. */
export interface Provider {
    readonly name: string;
    readonly version: string;
    /** @throws with what to do, for a type that the stand-in does not have; called when such a resource is created, never in a preview. */
    resource(type: string): Resource | undefined;
    configure?(config: Props): void;
    /** What a preview is told instead of an answer that only the official plugin can get; undefined where there is nothing to say. */
    lookUpInPreview?(token: string, args: Props): Props | undefined;
}
