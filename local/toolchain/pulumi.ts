// npm run pulumi -- …: the real Pulumi CLI with the project's toolchain and plugins. Runs as a program of its own.
import process from "node:process";
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";
import { ensurePlugins, userPulumiHome } from "../plugins/ensure.ts";
import { ensureTools } from "./ensure.ts";
import { thisPlatform } from "./platform.ts";
import { describeCommand } from "./pulumi-arguments.ts";
import { localBackend } from "./pulumi-backend.ts";
import { prepareStack } from "./pulumi-stack.ts";
import { toolSpecs } from "./spec.ts";

const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
};

async function main(args: readonly string[]): Promise<void> {
    const [pulumi, litestream] = await ensureTools([toolSpecs.pulumi, toolSpecs.litestream], thisPlatform(), say);
    if (pulumi === undefined || litestream === undefined) throw new Error("a tool got lost");
    const { env: pluginEnv } = await ensurePlugins(pulumi, say, userPulumiHome());
    // index.ts packs this Litestream into what the server runs.
    const env = { SLOTKEEPER_LITESTREAM: litestream.path, ...process.env, ...pluginEnv };
    const command = describeCommand(args, process.env["PULUMI_STACK"]);
    const backend = await localBackend(command, say);
    const more = backend === undefined ? [] : await prepareStack(command, { pulumi, env, backend }, say);
    // Becomes the CLI, so that signals and the terminal reach it alone.
    process.execve?.(pulumi.path, ["pulumi", ...args, ...more], { ...env, ...backend?.env });
    throw new SlotkeeperError(
        "usage",
        `this platform cannot replace a process: ${process.platform}`,
        "run pulumi itself",
    );
}

try {
    await main(process.argv.slice(2));
} catch (error) {
    if (!(error instanceof SlotkeeperError)) throw error;
    say(`Error: ${error.message}`);
    if (error.hint !== undefined) say(`Try: ${error.hint}`);
    process.exitCode = EXIT[error.kind];
}
