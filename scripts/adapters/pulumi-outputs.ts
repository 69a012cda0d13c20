import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { z } from "zod";
import { SlotkeeperError } from "../errors.ts";

const root = join(import.meta.dirname, "../..");
const bootstrap = join(root, "local/bootstrap.mjs");
const toolchain = join(root, "local/toolchain/pulumi.ts");

/**
 * What a stack exports, secrets in clear: `pulumi stack output` of the project's own Pulumi, backend and login as for
 * `npm run pulumi`. It runs as a process of its own; its output is kept from every log.
 * @param stack its name, or organization/project/stack.
 * @param progress gets what the toolchain says while it is set up; never an output.
 * @throws SlotkeeperError "notFound" for no such stack or one that is not up; "usage" when Pulumi refuses.
 */
export async function readStackOutputs(
    stack: string,
    progress: (line: string) => void,
): Promise<Record<string, unknown>> {
    if (!existsSync(toolchain))
        throw new SlotkeeperError(
            "usage",
            "the outputs of a stack cannot be read here: this is not the project's folder",
            "run it where you run pulumi, not on a server",
        );
    // With "=", a stack's name is never taken for an option.
    const argv = ["stack", "output", "--json", "--show-secrets", "--non-interactive", `--stack=${stack}`];
    const child = execa(process.execPath, [bootstrap, toolchain, ...argv], {
        cwd: root,
        stdin: "ignore",
        reject: false,
    });
    const errors: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
        if (errors.length > 0 || /^error:/i.test(line)) errors.push(line);
        else progress(line);
    }
    const { exitCode, stdout } = await child;
    if (exitCode !== 0) throw refusal(stack, errors.join("\n").trim());
    const outputs = z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
    if (Object.keys(outputs).length > 0) return outputs;
    throw new SlotkeeperError(
        "notFound",
        `the stack ${stack} has no outputs: it is not up`,
        `npm run pulumi -- up --stack ${stack}`,
    );
}

function refusal(stack: string, words: string): SlotkeeperError {
    if (/no stack named/.test(words))
        return new SlotkeeperError("notFound", `there is no stack ${stack}`, "see: npm run pulumi -- stack ls");
    return new SlotkeeperError(
        "usage",
        `Pulumi does not show the outputs of the stack ${stack}: ${words || "it ended without a word"}`,
        `see what this says: npm run pulumi -- stack output --stack ${stack}`,
    );
}
