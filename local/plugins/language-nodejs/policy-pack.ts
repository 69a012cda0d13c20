import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PolicyProxy, type StackConfiguration } from "./policy-proxy.ts";

/** One run of a policy pack, as the engine asks for it. */
export interface PolicyPack {
    /** Where PulumiPolicy.yaml and the pack's package.json are. */
    readonly directory: string;
    /** The engine's address comes last. */
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
}

/** Where the pack's words go, as the engine reads them. The first line is the port to talk to. */
export interface Words {
    readonly stdout: (chunk: Uint8Array) => void;
    readonly stderr: (chunk: Uint8Array) => void;
}

/**
 * Runs a policy pack with the pack's own @pulumi/pulumi and this Node, until it ends or `signal` ends it: arguments,
 * folder and variables are those of the official host (RunPlugin in sdk/nodejs/cmd/pulumi-language-nodejs/main.go,
 * v3.259.0).
 * @returns its exit status.
 */
export async function runPolicyPack(pack: PolicyPack, words: Words, signal: AbortSignal): Promise<number> {
    const runner = runnerOf(pack.directory);
    const proxy = new PolicyProxy();
    words.stdout(Buffer.from(`${await proxy.listen()}\n`));
    const configuration = await Promise.race([proxy.configuration, aborted(signal)]);
    const child = spawn(process.execPath, [runner, ...pack.args, pack.directory], {
        cwd: pack.directory,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...pack.env, ...variables(configuration) },
    });
    const end = (): void => {
        child.kill("SIGTERM");
    };
    signal.addEventListener("abort", end);
    process.on("exit", end);
    try {
        child.stderr.on("data", words.stderr);
        void portOf(child, words.stdout).then((port) => proxy.attach(port));
        const [code] = (await once(child, "close")) as [number | null];
        return code ?? 1;
    } finally {
        signal.removeEventListener("abort", end);
        process.off("exit", end);
        proxy.close(`the policy pack in ${pack.directory} has ended`);
    }
}

/** @throws where the pack's folder, and those above it, have no Pulumi SDK. */
function runnerOf(directory: string): string {
    try {
        return createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
    } catch (error) {
        throw new Error(`its dependencies are not installed: run npm ci in ${directory}, or in the project it is part of`, { cause: error }); // prettier-ignore
    }
}

async function aborted(signal: AbortSignal): Promise<null> {
    if (!signal.aborted) await once(signal, "abort");
    return null;
}

function variables(configuration: StackConfiguration | null): Record<string, string> {
    if (configuration === null) return {};
    return {
        PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
        PULUMI_NODEJS_PROJECT: configuration.getProject(),
        PULUMI_NODEJS_STACK: configuration.getStack(),
        PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configuration.getConfigMap().toArray())),
    };
}

/** The port is the pack's first line; what comes after it is for the user. Never resolves where the pack ends before. */
function portOf(child: ChildProcess, rest: (chunk: Uint8Array) => void): Promise<number> {
    return new Promise((resolve) => {
        let first: string | undefined = "";
        child.stdout?.on("data", (chunk: Buffer) => {
            if (first === undefined) {
                rest(chunk);
                return;
            }
            first += chunk.toString();
            const [line, ...more] = first.split("\n");
            if (more.length === 0) return;
            first = undefined;
            resolve(Number(line));
            if (more.join("\n") !== "") rest(Buffer.from(more.join("\n")));
        });
    });
}
