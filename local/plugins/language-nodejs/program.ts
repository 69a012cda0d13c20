import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";

/** One run of a Pulumi program, as the engine asks for it. */
export interface Program {
    readonly organization: string;
    readonly project: string;
    readonly stack: string;
    /** Where Pulumi.yaml is. */
    readonly rootDirectory: string;
    /** Where the program's package.json is. */
    readonly programDirectory: string;
    /** The file in the program's directory; "." for the one that package.json names. */
    readonly entryPoint: string;
    readonly workingDirectory: string;
    readonly dryRun: boolean;
    readonly parallel: number;
    readonly monitorAddress: string;
    readonly engineAddress: string;
    readonly config: Readonly<Record<string, string>>;
    readonly secretKeys: readonly string[];
    readonly args: readonly string[];
}

/** How a program ended: `error` is empty when it did well, and when it has `reported` its problem to the user itself. */
export interface Ending {
    readonly error: string;
    readonly reported: boolean;
}

// nodeJSProcessExitedAfterLoggingUserActionableMessage in cmd/run/index.js of @pulumi/pulumi 3.259.0.
const REPORTED = 32;

/**
 * Runs a program with the program's own @pulumi/pulumi and this Node, which reads TypeScript as it is: the arguments
 * and variables are those of the official host (sdk/nodejs/cmd/pulumi-language-nodejs/main.go, v3.259.0).
 */
export async function startProgram(program: Program, signal: AbortSignal): Promise<Ending> {
    const { resolve } = createRequire(join(program.programDirectory, "package.json"));
    const flags = [
        ["monitor", program.monitorAddress],
        ["engine", program.engineAddress],
        ["organization", program.organization],
        ["project", program.project],
        ["stack", program.stack],
        ["root-directory", program.rootDirectory],
        ["pwd", program.workingDirectory],
        ["parallel", String(program.parallel)],
    ].flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`--${name ?? ""}=${value}`]));
    if (program.dryRun) flags.push("--dry-run");
    const child = spawn(
        process.execPath,
        [resolve("@pulumi/pulumi/cmd/run/index.js"), ...flags, program.entryPoint, ...program.args],
        {
            cwd: program.programDirectory,
            stdio: ["ignore", "inherit", "inherit"],
            env: {
                ...process.env,
                PULUMI_NODEJS_TYPESCRIPT: "false",
                PULUMI_CONFIG: JSON.stringify(program.config),
                PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(program.secretKeys),
            },
        },
    );
    const end = (): void => {
        child.kill("SIGTERM");
    };
    signal.addEventListener("abort", end);
    process.on("exit", end);
    const [code, killedBy] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    signal.removeEventListener("abort", end);
    process.off("exit", end);
    if (code === 0) return { error: "", reported: false };
    if (code === REPORTED) return { error: "", reported: true };
    const how = code === null ? `killed by ${killedBy ?? "a signal"}` : `non-zero exit code: ${code}`;
    return { error: `Program exited with ${how}`, reported: false };
}
