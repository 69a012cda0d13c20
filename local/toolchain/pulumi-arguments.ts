import { resolve } from "node:path";

/** What a command line of the Pulumi CLI is about. */
export interface PulumiCommandLine {
    /** "up", "stack", …; undefined when there is none, as in `pulumi --help`. */
    readonly verb: string | undefined;
    /** The stack's own name, without organization and project; undefined for the one that is selected. */
    readonly stack: string | undefined;
    /** The folder it runs in. */
    readonly directory: string;
    /** Whether the user names another file than Pulumi.<stack>.yaml. */
    readonly hasConfigFile: boolean;
}

// Flags that come before the verb with a value of their own (pulumi --help, v3.259.0).
const GLOBAL_VALUES = new Set([
    "-C",
    "--cwd",
    "--color",
    "--memprofilerate",
    "--otel-traces",
    "--profiling",
    "--tracing",
    "-v",
    "--verbose",
]);

/** Reads a command line as far as this project has to; the CLI itself judges it. */
export function describeCommand(args: readonly string[], selected: string | undefined): PulumiCommandLine {
    const stack = valueOf(args, "--stack", "-s") ?? selected;
    return {
        verb: verbOf(args),
        stack: stack?.split("/").at(-1),
        directory: resolve(valueOf(args, "--cwd", "-C") ?? "."),
        hasConfigFile: valueOf(args, "--config-file") !== undefined,
    };
}

function verbOf(args: readonly string[]): string | undefined {
    for (let index = 0; index < args.length; index++) {
        const argument = args[index] ?? "";
        if (argument === "--") return undefined;
        if (!argument.startsWith("-")) return argument;
        if (GLOBAL_VALUES.has(argument) || argument === "--stack" || argument === "-s") index++;
    }
    return undefined;
}

function valueOf(args: readonly string[], ...names: string[]): string | undefined {
    for (const [index, argument] of args.entries()) {
        if (argument === "--") return undefined;
        if (names.includes(argument)) return args[index + 1];
        const name = names.find((item) => argument.startsWith(`${item}=`));
        if (name !== undefined) return argument.slice(name.length + 1);
    }
    return undefined;
}
