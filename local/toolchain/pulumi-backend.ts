import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { userPulumiHome } from "../plugins/ensure.ts";
import type { PulumiCommandLine } from "./pulumi-arguments.ts";

/** A place for stacks on this machine. */
export interface LocalBackend {
    readonly dir: string;
    /** What makes the CLI use it. */
    readonly env: Readonly<Record<string, string>>;
}

// These choose a backend or need none.
const WITHOUT_BACKEND = new Set(["help", "login", "logout", "plugin", "version", "gen-completion", "schema"]);

/** The folder for what must outlive the cache: `$XDG_STATE_HOME/slotkeeper`, or `~/.local/state/slotkeeper`. */
export function stateDir(): string {
    const configured = process.env["XDG_STATE_HOME"];
    const usable = configured !== undefined && isAbsolute(configured);
    return join(usable ? configured : join(homedir(), ".local/state"), "slotkeeper");
}

/**
 * Where nobody has chosen a backend (variable, Pulumi.yaml or login): one on this machine, with a passphrase of its own
 * in a file that only this user can read. Undefined where somebody has, or the command needs none.
 */
export async function localBackend(command: PulumiCommandLine, progress: Progress): Promise<LocalBackend | undefined> {
    if (command.verb === undefined || WITHOUT_BACKEND.has(command.verb) || isChosen(command.directory))
        return undefined;
    const dir = join(stateDir(), "pulumi");
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const own = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"].some(
        (name) => process.env[name] !== undefined,
    );
    const passphrase = own ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: await passphraseFile(dir) };
    progress(`no Pulumi backend is chosen: stacks are kept in ${dir} (to choose another: npm run pulumi -- login)`);
    return { dir, env: { PULUMI_BACKEND_URL: `file://${dir}`, ...passphrase } };
}

function isChosen(directory: string): boolean {
    const variables = ["PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"];
    if (variables.some((name) => (process.env[name] ?? "") !== "")) return true;
    return projectBackend(directory) !== undefined || login() !== undefined;
}

const projectSchema = z.object({ backend: z.object({ url: z.string() }).optional() });
const credentialsSchema = z.object({ current: z.string().optional() });

function projectBackend(directory: string): string | undefined {
    const project = projectFile(directory);
    if (project === undefined) return undefined;
    const parsed = projectSchema.safeParse(load(readFileSync(project, "utf8")));
    if (parsed.success) return parsed.data.backend?.url;
    throw new SlotkeeperError(
        "usage",
        `${project} is no Pulumi project: ${z.prettifyError(parsed.error)}`,
        "correct it",
    );
}

function login(): string | undefined {
    const file = join(userPulumiHome(), "credentials.json");
    if (!existsSync(file)) return undefined;
    // What Pulumi cannot read either is for Pulumi to report.
    try {
        const { current } = credentialsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
        return current === "" ? undefined : current;
    } catch {
        return file;
    }
}

/** The Pulumi.yaml of a folder, as the CLI looks for it: here or in the nearest folder above. */
export function projectFile(directory: string): string | undefined {
    for (let folder = directory; ; folder = dirname(folder)) {
        const found = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
        if (found !== undefined) return found;
        if (dirname(folder) === folder) return undefined;
    }
}

async function passphraseFile(dir: string): Promise<string> {
    const path = join(dir, "passphrase");
    if (existsSync(path)) return path;
    // Whole or not at all, and the first of two that run at once stays: a lost passphrase locks the stacks up for good.
    const fresh = `${path}.${process.pid}`;
    await writeFile(fresh, randomBytes(32).toString("base64url"), { mode: 0o600 });
    try {
        await link(fresh, path);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
        await rm(fresh);
    }
    return path;
}
