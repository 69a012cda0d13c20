import { randomInt } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { SlotkeeperError } from "../../errors.ts";

/** What a person can say on the command line together with `--stack`. */
export interface RemoteOptions {
    readonly stack: string;
    readonly sweep?: boolean | undefined;
    readonly seed?: string | undefined;
    readonly report?: string | undefined;
}

/** What a drill of production's backups will do. */
export interface RemotePlan {
    /** As Pulumi takes it: name, or organization/project/stack. */
    readonly stack: string;
    /** Its name alone, as in Pulumi.<name>.yaml. */
    readonly name: string;
    /** Destroys what an earlier drill left, also before it expires. */
    readonly sweep: boolean;
    readonly seed: number;
    /** Null: reports/<run> in the current folder. */
    readonly reportFolder: string | null;
}

/** Options of the local drill that say nothing about a stack. */
const localOnly = ["slots", "load", "data", "catalogQuery", "keep", "end", "store"] as const;

/**
 * Turns a command line with `--stack` into a plan.
 * @throws SlotkeeperError (usage) for an option of the local drill, and for a stack whose name says nothing of a drill.
 */
export function planRemoteDrill(options: RemoteOptions, cwd: string): RemotePlan {
    for (const option of localOnly)
        if (Object.hasOwn(options, option))
            throw new SlotkeeperError(
                "usage",
                `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} together with --stack`,
                "It belongs to the drill on this machine: leave it out, or leave --stack out.",
            );
    if (options.seed !== undefined && !(/^\d+$/.test(options.seed) && Number(options.seed) < 2 ** 31))
        throw new SlotkeeperError(
            "usage",
            `--seed ${JSON.stringify(options.seed)} is not a whole number from 0 to ${2 ** 31 - 1}`,
            "Give --seed a number in that range.",
        );
    const { stack, report } = options;
    return {
        stack,
        name: stackName(stack),
        sweep: options.sweep ?? false,
        seed: options.seed === undefined ? randomInt(2 ** 31) : Number(options.seed),
        reportFolder: report === undefined ? null : isAbsolute(report) ? report : resolve(cwd, report),
    };
}

/** The last part of a stack's name. @throws SlotkeeperError (usage) unless it says that the stack is a drill's. */
function stackName(stack: string): string {
    const parts = stack.split("/");
    const name = parts.at(-1) ?? "";
    if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(part)))
        throw new SlotkeeperError(
            "usage",
            `--stack ${JSON.stringify(stack)} is not the name of a stack`,
            "Give its name, or organization/project/stack.",
        );
    if (/staging|drill/i.test(name)) return name;
    throw new SlotkeeperError(
        "usage",
        `the stack ${JSON.stringify(name)} is not drilled: a drill destroys its stack at the end, and this name does not say that it may`,
        'Name the staging stack: its name contains "staging" or "drill".',
    );
}
