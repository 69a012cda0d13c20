import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";

const entry = join(import.meta.dirname, "../scripts/slotkeeper.ts");

/**
 * Runs a command of this project's own program on this machine, as a process of its own: components know its command
 * line and nothing else of it. Secrets go by stdin.
 * @returns what it printed.
 * @throws pulumi.RunError with its words when it fails.
 */
export async function ownProgram(argv: readonly string[], stdin: string): Promise<string> {
    const node = ["--disable-warning=ExperimentalWarning", entry];
    const result = await execa(process.execPath, [...node, ...argv], { input: stdin, reject: false });
    if (result.exitCode === 0) return result.stdout;
    throw new pulumi.RunError(result.stderr.trim() || `slotkeeper ${argv.join(" ")} failed: ${String(result.message)}`);
}
