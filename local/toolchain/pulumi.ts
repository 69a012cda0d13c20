// npm run pulumi -- …: the real Pulumi CLI with the project's toolchain and plugins. Runs as a program of its own.
import process from "node:process";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { describeCommand } from "./pulumi-arguments.ts";
import { openPulumi } from "./pulumi-session.ts";
import { prepareStack } from "./pulumi-stack.ts";
import { runProgram, say } from "./run-program.ts";

async function main(args: readonly string[]): Promise<void> {
    const command = describeCommand(args, process.env["PULUMI_STACK"]);
    const { pulumi, backend, env } = await openPulumi(command, say);
    const more = backend === undefined ? [] : await prepareStack(command, { pulumi, env, backend }, say);
    // Becomes the CLI, so that signals and the terminal reach it alone.
    process.execve?.(pulumi.path, ["pulumi", ...args, ...more], env);
    throw new SlotkeeperError(
        "usage",
        `this platform cannot replace a process: ${process.platform}`,
        "run pulumi itself",
    );
}

await runProgram(main);
