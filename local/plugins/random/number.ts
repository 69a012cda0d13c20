import type { Refusal } from "../provider/resource.ts";
import { hasUnknown, revealed, type Json } from "../provider/wire.ts";

/** What is wrong with a whole number of at least `least`; nothing for one that is not known yet. */
export function wholeNumber(property: string, value: Json | undefined, least: number): Refusal[] {
    const number = value === undefined ? undefined : revealed(value);
    if (hasUnknown(number)) return [];
    if (typeof number === "number" && Number.isInteger(number) && number >= least) return [];
    return [
        { property, reason: `expected a whole number of at least ${least}, got ${JSON.stringify(number ?? null)}` },
    ];
}
