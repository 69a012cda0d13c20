import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { toolPath } from "./tools.ts";

/** A stack of its own, in a folder of its own, run by the real CLI. */
export interface TestStack extends AsyncDisposable {
    readonly stack: Stack;
    readonly dir: string;
    /** The state as it is on the disk: what an attacker who has the file can read. */
    state(): string;
}

/** Makes a stack whose plugins are the offline stand-ins of these names, and nothing else. */
export async function makeStack(plugins: readonly string[], program: PulumiFn): Promise<TestStack> {
    const dir = mkdtempSync(join(tmpdir(), "slotkeeper-stack-"));
    const remove = (): void => {
        rmSync(dir, { recursive: true, force: true });
    };
    let stack: Stack;
    try {
        stack = await openStack(dir, plugins, program);
    } catch (error) {
        remove();
        throw error;
    }
    return {
        stack,
        dir,
        state: () => readFileSync(join(dir, ".pulumi/stacks/test/test.json"), "utf8"),
        [Symbol.asyncDispose]() {
            remove();
            return Promise.resolve();
        },
    };
}

async function openStack(dir: string, plugins: readonly string[], program: PulumiFn): Promise<Stack> {
    const folders = plugins.map((name) => join(import.meta.dirname, "../../local/plugins", name, "bin"));
    // The Automation API wants the CLI in a folder named "bin".
    mkdirSync(join(dir, "bin"));
    symlinkSync(toolPath("pulumi"), join(dir, "bin/pulumi"));
    const command = await PulumiCommand.get({ root: dir });
    return LocalWorkspace.createOrSelectStack(
        { stackName: "test", projectName: "test", program },
        {
            workDir: dir,
            pulumiCommand: command,
            pulumiHome: join(dir, "home"),
            projectSettings: { name: "test", runtime: "nodejs", backend: { url: `file://${dir}` } },
            envVars: {
                PATH: [...folders, process.env["PATH"]].join(delimiter),
                PULUMI_CONFIG_PASSPHRASE: "test",
                PULUMI_SKIP_UPDATE_CHECK: "true",
                SSH_AUTH_SOCK: "",
            },
        },
    );
}
