import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { load } from "js-yaml";
import { z } from "zod";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { withLock } from "../cache.ts";
import type { PulumiCommandLine } from "./pulumi-arguments.ts";
import { projectFile, type LocalBackend } from "./pulumi-backend.ts";
import type { Tool } from "./tool.ts";

interface Use {
    readonly pulumi: Tool;
    readonly env: NodeJS.ProcessEnv;
    readonly backend: LocalBackend;
}

const CREATES = new Set(["config", "preview", "pre", "refresh", "up", "update"]);
const TAKES_CONFIG_FILE = new Set(["destroy", "down", "preview", "pre", "refresh", "up", "update"]);
const SALT = /^(encryptionsalt|encryptedkey|secretsprovider):/m;

/**
 * Makes a stack that has a Pulumi.<stack>.yaml but is not in the local backend yet, and the production stack that it
 * names where that is so of it, too. The salt of this machine's
 * passphrase is kept beside the state and not written into the project's file, which others share.
 * @returns what to add to the command line.
 */
export async function prepareStack(command: PulumiCommandLine, use: Use, progress: Progress): Promise<string[]> {
    const { verb, stack } = command;
    const project = projectFile(command.directory);
    if (verb === undefined || stack === undefined || project === undefined) return [];
    const shared = stackFile(project, stack);
    if (!existsSync(shared)) return [];
    const name = projectName(project);
    const salts = join(use.backend.dir, "salts", name);
    const own = join(salts, basename(shared));
    // A reference to a stack that does not exist yet fails even a preview.
    for (const needed of CREATES.has(verb) ? [stack, ...productionOf(shared)] : []) {
        if (!existsSync(stackFile(project, needed))) continue;
        const state = join(use.backend.dir, ".pulumi/stacks", name, `${needed}.json`);
        await withLock(`Pulumi stack ${name}/${needed}`, progress, async () => {
            if (existsSync(state)) return;
            await mkdir(salts, { recursive: true });
            await createStack(needed, project, join(salts, `Pulumi.${needed}.yaml`), use);
            progress(`created the stack ${needed}`);
        });
    }
    const text = await readFile(shared, "utf8");
    if (!TAKES_CONFIG_FILE.has(verb) || command.hasConfigFile || SALT.test(text) || !existsSync(own)) return [];
    const salt = (await readFile(own, "utf8")).split("\n").find((line) => SALT.test(line));
    const joined = `${own}.${process.pid}`;
    await writeFile(joined, `${text.trimEnd()}\n${salt ?? ""}\n`, { mode: 0o600 });
    await rename(joined, own);
    return ["--config-file", own];
}

/** Creates the stack from a copy of the project file elsewhere, so that its salt is written there. */
async function createStack(stack: string, project: string, own: string, use: Use): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "slotkeeper-stack-"));
    try {
        await copyFile(project, join(folder, "Pulumi.yaml"));
        const args = ["stack", "init", stack, "--no-select", "--non-interactive", "--cwd", folder];
        const made = await execa(use.pulumi.path, args, {
            env: use.env,
            stdin: "ignore",
            reject: false,
        });
        if (made.failed) {
            throw new SlotkeeperError(
                "usage",
                `pulumi stack init ${stack} failed: ${made.stderr}`,
                "see Pulumi's message",
            );
        }
        await copyFile(join(folder, `Pulumi.${stack}.yaml`), own);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

const stackFile = (project: string, stack: string): string => join(dirname(project), `Pulumi.${stack}.yaml`);

const configSchema = z.object({ config: z.object({ "slotkeeper:production": z.string() }) });

/** The production stack that a staging stack's file names, without organization and project; what else is in the file is Pulumi's to judge. */
function productionOf(file: string): string[] {
    const parsed = configSchema.safeParse(load(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data.config["slotkeeper:production"].split("/").slice(-1) : [];
}

/** The name in a project file. @throws SlotkeeperError (usage) where it has none. */
export function projectName(project: string): string {
    const parsed = z.object({ name: z.string() }).safeParse(load(readFileSync(project, "utf8")));
    if (parsed.success) return parsed.data.name;
    throw new SlotkeeperError("usage", `${project} has no name`, "give the project a name");
}
