import { randomInt } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { SlotkeeperError } from "../errors.ts";

/** What a person can say on the command line. */
export interface DrillOptions {
    readonly slots?: string | undefined;
    readonly seed?: string | undefined;
    readonly load?: string | undefined;
    readonly data?: string | undefined;
    readonly catalogQuery?: string | undefined;
    readonly report?: string | undefined;
    readonly keep?: boolean | undefined;
    readonly store?: string | undefined;
}

/** What a drill will do: everything decided before anything is made. */
export interface DrillPlan {
    /** The sample app under load, or a copy of the user's own databases. */
    readonly source:
        { readonly kind: "sample"; readonly slots: number } | { readonly kind: "folder"; readonly path: string };
    readonly catalogQuery: string;
    readonly seed: number;
    readonly loadSeconds: number;
    readonly rpoSeconds: number;
    /** Null: reports/<run> in the current folder. */
    readonly reportFolder: string | null;
    readonly keep: boolean;
    /** The backend that the object store behaves like. */
    readonly store: (typeof stores)[number];
}

const stores = ["s3-compatible", "b2"] as const;

/** The most slots of one drill: Litestream daemons are tested to 2,000 databases. */
const mostSlots = 2000;

/**
 * Turns the command line into a plan.
 * @throws SlotkeeperError (usage) that names the option, its value and what would be right.
 */
export function planDrill(options: DrillOptions, cwd: string): DrillPlan {
    const folder = (path: string) => (isAbsolute(path) ? path : resolve(cwd, path));
    if (options.data !== undefined && options.slots !== undefined)
        throw new SlotkeeperError(
            "usage",
            "--data and --slots exclude each other",
            "With --data the slots are those of your own catalog: leave --slots out.",
        );
    if (options.data === undefined && options.catalogQuery !== undefined)
        throw new SlotkeeperError(
            "usage",
            "--catalog-query without --data",
            "The sample app's catalog is known; give --catalog-query together with --data DIR.",
        );
    return {
        source:
            options.data === undefined
                ? { kind: "sample", slots: count("--slots", options.slots ?? "200", 1, mostSlots) }
                : { kind: "folder", path: folder(options.data) },
        catalogQuery: options.catalogQuery ?? "SELECT id FROM slots WHERE active = 1",
        seed: options.seed === undefined ? randomInt(2 ** 31) : count("--seed", options.seed, 0, 2 ** 31 - 1),
        loadSeconds: count("--load", options.load ?? "30", 5, 3600),
        rpoSeconds: 15,
        reportFolder: options.report === undefined ? null : folder(options.report),
        keep: options.keep ?? false,
        store: storeOf(options.store ?? "s3-compatible"),
    };
}

function storeOf(value: string): DrillPlan["store"] {
    const store = stores.find((name) => name === value);
    if (store !== undefined) return store;
    throw new SlotkeeperError(
        "usage",
        `--store ${JSON.stringify(value)} is no object store of a drill`,
        `Give --store one of: ${stores.join(", ")}.`,
    );
}

function count(option: string, value: string, least: number, most: number): number {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new SlotkeeperError(
        "usage",
        `${option} ${JSON.stringify(value)} is not a whole number from ${least} to ${most}`,
        `Give ${option} a number in that range.`,
    );
}
