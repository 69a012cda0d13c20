import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigMap, LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import slotkeeper from "../../index.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

/** The Pulumi project of every stack (Pulumi.yaml). */
export const projectName = "slotkeeper";

/** What the stacks of one drill share: state, plugins and passphrase of this run alone. */
export interface StackHome {
    /** Folder for Pulumi's state. */
    readonly stateDir: string;
    /** Folder whose bin/pulumi is the CLI. */
    readonly cliRoot: string;
    /** PATH, PULUMI_HOME and the like. */
    readonly env: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    /** Receives Pulumi's own output, for the drill's log. */
    readonly onOutput: (text: string) => void;
}

/** A stack of this drill, with its configuration, not yet brought up. */
export async function openStack(name: string, config: ConfigMap, home: StackHome): Promise<Stack> {
    const workDir = join(home.stateDir, "work", name);
    await mkdir(workDir, { recursive: true });
    const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: name, projectName, program: slotkeeper },
        {
            workDir,
            pulumiCommand: await PulumiCommand.get({ root: home.cliRoot }),
            projectSettings: { name: projectName, runtime: "nodejs", backend: { url: `file://${home.stateDir}` } },
            envVars: { ...home.env },
        },
    );
    const entries = Object.entries(config);
    await stack.setAllConfig(Object.fromEntries(entries.filter(([, { secret }]) => secret !== true)));
    for (const [key, { value, secret }] of entries) if (secret === true) await setSecret(stack, key, value, home);
    return stack;
}

/** As `setAllConfig` does for what is no secret: that one puts values on a command line, which every user of this host sees. */
async function setSecret(stack: Stack, key: string, value: string, home: StackHome): Promise<void> {
    const set = ["config", "set", "--secret", "--non-interactive", "--stack", stack.name, key];
    await execa(join(home.cliRoot, "bin/pulumi"), set, { cwd: stack.workspace.workDir, env: home.env, input: value });
}

/** The URNs of a stack's resources of one name. */
export async function urnsOf(stack: Stack, name: string): Promise<string[]> {
    return (await resourcesOf(stack)).map(({ urn }) => urn).filter((urn) => urn.endsWith(`::${name}`));
}

/**
 * `pulumi up`; returns the stack's outputs.
 * @param replace URNs of resources to make anew.
 * @throws SlotkeeperError with the diagnostics that Pulumi printed.
 */
export async function bringUp(
    stack: Stack,
    home: StackHome,
    progress: Progress,
    replace: string[] = [],
): Promise<Record<string, unknown>> {
    const diagnostics: string[] = [];
    try {
        const result = await stack.up({
            signal: home.signal,
            replace,
            onOutput: home.onOutput,
            onEvent: (event) => {
                const diagnostic = event.diagnosticEvent;
                if (diagnostic?.severity === "error") diagnostics.push(diagnostic.message.trim());
                const created = event.resOutputsEvent?.metadata;
                if (created?.op === "create" && !created.type.startsWith("pulumi:"))
                    progress(`${created.urn.split("::").at(-1) ?? created.urn} is up`);
            },
        });
        return Object.fromEntries(
            Object.entries(result.outputs).map(([key, output]) => [key, output.value as unknown]),
        );
    } catch (cause) {
        home.signal.throwIfAborted();
        const reason = diagnostics.length > 0 ? diagnostics.join("\n") : String(cause);
        throw new SlotkeeperError(
            "checkFailed",
            `pulumi up of ${stack.name} failed:\n${stripColours(reason)}`,
            "The whole output of Pulumi is in pulumi.log beside the report.",
            { cause },
        );
    }
}

/** `pulumi destroy` and `pulumi stack rm`; a lock that a killed update left is removed first. */
export async function tearDown(stack: Stack, onOutput: (text: string) => void): Promise<void> {
    await stack.cancel().catch(() => undefined); // fails when nothing holds the stack
    await stack.destroy({ onOutput });
    await stack.workspace.removeStack(stack.name);
}

/** The outputs a component registered, from the state: there even when the update failed later. */
export async function componentOutputs(stack: Stack, type: string): Promise<Record<string, unknown> | undefined> {
    return (await resourcesOf(stack)).find((resource) => resource.type === type)?.outputs;
}

interface StateResource {
    urn: string;
    type: string;
    outputs?: Record<string, unknown>;
}

async function resourcesOf(stack: Stack): Promise<StateResource[]> {
    const exported = (await stack.exportStack()) as { deployment: { resources?: StateResource[] } };
    return exported.deployment.resources ?? [];
}

/** A passphrase file (0600) for the secrets in a stack's state. */
export async function passphraseFile(folder: string, passphrase: string): Promise<string> {
    const path = join(folder, "passphrase");
    await writeFile(path, passphrase, { mode: 0o600 });
    return path;
}

function stripColours(text: string): string {
    return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}
