import { randomInt } from "node:crypto";
import type { Refusal, Resource } from "../provider/resource.ts";
import { hasUnknown, type Props } from "../provider/wire.ts";
import { wholeNumber } from "./number.ts";

// The classes and their defaults: internal/random/string.go of terraform-provider-random, v3.7.
const CLASSES = [
    { use: "lower", least: "minLower", characters: "abcdefghijklmnopqrstuvwxyz" },
    { use: "upper", least: "minUpper", characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
    { use: "numeric", least: "minNumeric", characters: "0123456789" },
    { use: "special", least: "minSpecial", characters: "!@#$%&*()-_=+[]{}<>:?" },
] as const;

/** A random text by the rules of `random.RandomString`. */
export function randomText(inputs: Props): string {
    const classes = CLASSES.map(({ use, least, characters }) => ({
        least: Number(inputs[least] ?? 0),
        used: (inputs[use] ?? (use === "numeric" ? inputs["number"] : undefined) ?? true) === true,
        characters: use === "special" ? specials(inputs, characters) : characters,
    }));
    const all = classes.flatMap(({ used, characters }) => (used ? [characters] : [])).join("");
    const chosen = classes.flatMap(({ least, characters }) => pick(characters, least));
    chosen.push(...pick(all, Number(inputs["length"]) - chosen.length));
    // Fisher–Yates, so that the classes with a least number do not always come first.
    for (let last = chosen.length - 1; last > 0; last--) {
        const other = randomInt(last + 1);
        [chosen[last], chosen[other]] = [chosen[other] ?? "", chosen[last] ?? ""];
    }
    return chosen.join("");
}

function specials(inputs: Props, usual: string): string {
    const chosen = inputs["overrideSpecial"];
    return typeof chosen === "string" && chosen !== "" ? chosen : usual;
}

function pick(characters: string, count: number): string[] {
    return Array.from({ length: count }, () => characters.charAt(randomInt(characters.length)));
}

function check(news: Props): { inputs: Props; refusals: Refusal[] } {
    const refusals = wholeNumber("length", news["length"], 1);
    const least = CLASSES.reduce((sum, item) => sum + Number(news[item.least] ?? 0), 0);
    if (!hasUnknown(news["length"]) && typeof news["length"] === "number" && least > news["length"]) {
        refusals.push({
            property: "length",
            reason: `${news["length"]} is less than the ${least} of the min… together`,
        });
    }
    const used = CLASSES.some(
        ({ use }) => (news[use] ?? (use === "numeric" ? news["number"] : undefined) ?? true) !== false,
    );
    if (!used) refusals.push({ property: "lower", reason: "every class of characters is switched off" });
    return { inputs: news, refusals };
}

function made(inputs: Props, result: string): Props {
    const shown = CLASSES.flatMap(({ use, least }) => [
        [use, inputs[use] ?? true],
        [least, inputs[least] ?? 0],
    ]);
    return { ...(Object.fromEntries(shown) as Props), number: inputs["numeric"] ?? inputs["number"] ?? true, result };
}

const flags = CLASSES.flatMap(({ use, least }) => [use, least]);

/** `random.RandomString`: its id is the text itself. */
export const string: Resource = {
    outputs: ["result", "number", ...flags],
    replacedBy: "all",
    check,
    create: (inputs) => {
        const result = randomText(inputs);
        return Promise.resolve({ id: result, outputs: made(inputs, result) });
    },
};

/** `random.RandomPassword`, without its bcryptHash. */
export const password: Resource = {
    ...string,
    secrets: ["result"],
    create: (inputs) => Promise.resolve({ id: "none", outputs: made(inputs, randomText(inputs)) }),
};
