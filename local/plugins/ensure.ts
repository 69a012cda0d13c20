import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import type { Progress } from "../../scripts/progress.ts";
import { cacheDir, withLock } from "../cache.ts";
import { Unavailable, requireReachable } from "../toolchain/download.ts";
import { findExecutable } from "../toolchain/path-tool.ts";
import type { Tool } from "../toolchain/tool.ts";
import { sdkVersion } from "./sdk-version.ts";

/** A plugin that the Pulumi CLI will use. */
export interface Plugin {
    readonly name: string;
    readonly version: string;
    /** A stand-in is this project's own, for machines that cannot have the official plugin. */
    readonly source: "official" | "stand-in";
}

/** What the Pulumi CLI needs to find its plugins. */
export interface PluginSet {
    /** To be merged over the environment in which the CLI runs. */
    readonly env: Readonly<Record<string, string>>;
    readonly plugins: readonly Plugin[];
    /** A folder whose `bin/pulumi` is the CLI: what the Automation API's `PulumiCommand.get({root})` wants. */
    readonly root: string;
}

const REGISTRY = "https://get.pulumi.com";
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const INSTALL_TIMEOUT_MS = 10 * 60 * 1000;

/** Pulumi's folder for drills: theirs alone, so that a drill never meets the user's stacks and logins. */
export const drillPulumiHome = (): string => join(cacheDir(), "pulumi-home");

/** The folder where the user's own Pulumi keeps logins and plugins. */
export const userPulumiHome = (): string => process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");

/**
 * Finds or installs the official plugins of `resources` and the Node.js language host; where one cannot be had, its
 * offline stand-in is put on the CLI's PATH. Without internet that is noticed within seconds, and remembered for a day.
 * @param retry tries again what could not be had earlier that day: before a real stack is changed.
 */
export async function ensurePlugins(
    pulumi: Tool,
    progress: Progress,
    { home = drillPulumiHome(), retry = false }: { home?: string; retry?: boolean } = {},
): Promise<PluginSet> {
    await mkdir(home, { recursive: true });
    // What failed since then is not tried again.
    const since = retry ? Date.now() : Date.now() - RETRY_AFTER_MS;
    const language = languageHost(pulumi);
    const resources: Plugin[] = [];
    for (const name of ["command", "random", "aws"] as const) {
        const version = sdkVersion(name);
        const official =
            (await isInstalled(name, version, home)) ||
            (await install({ pulumi, name, version, home, since, progress }));
        resources.push({ name, version, source: official ? "official" : "stand-in" });
    }
    const standIns = [language, ...resources].filter(({ source }) => source === "stand-in");
    const folders = standIns.map(({ name }) => join(import.meta.dirname, name, "bin"));
    if (resources.some(({ source }) => source === "stand-in")) {
        const names = standIns.map(({ name }) => name).join(", ");
        progress(`using offline stand-ins of the Pulumi plugins ${names}: the official ones cannot be downloaded here`);
    }
    return {
        env: {
            PATH: [...folders, dirname(pulumi.path), withoutStandIns()].join(delimiter),
            PULUMI_HOME: home,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            ...checksums(),
        },
        plugins: [...resources, language],
        root: await commandRoot(pulumi),
    };
}

/**
 * What keeps the official aws plugin from sending checksums that S3 does not ask for: other stores refuse them, and the
 * provider has no argument for it (docs.aws.amazon.com/sdkref, "Data Integrity Protections"). What the user says stands.
 */
function checksums(): Record<string, string> {
    const names = ["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"];
    return Object.fromEntries(names.map((name) => [name, process.env[name] ?? "when_required"]));
}

/** PATH without folders of this project: what an outer run put there is no official plugin. */
function withoutStandIns(): string {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    return folders.filter((folder) => !folder.startsWith(import.meta.dirname)).join(delimiter);
}

/** The official language host comes with the CLI's release, beside it; a CLI built with Go has none. */
function languageHost(pulumi: Tool): Plugin {
    const file = "pulumi-language-nodejs";
    const beside = existsSync(join(dirname(realpathSync(pulumi.path)), file));
    const official = beside || findExecutable(file, withoutStandIns()) !== undefined;
    return { name: "language-nodejs", version: pulumi.version, source: official ? "official" : "stand-in" };
}

async function isInstalled(name: string, version: string, home: string): Promise<boolean> {
    if (findExecutable(`pulumi-resource-${name}`, withoutStandIns()) !== undefined) return true;
    const folder = join(home, "plugins", `resource-${name}-v${version}`);
    // An installation that is under way, or was killed, has a ".partial" file beside (sdk/go/common/workspace/plugins.go).
    if (!existsSync(folder) || existsSync(`${folder}.partial`)) return false;
    return (await readdir(folder)).includes(`pulumi-resource-${name}`);
}

interface Installation {
    readonly pulumi: Tool;
    readonly name: string;
    readonly version: string;
    readonly home: string;
    readonly since: number;
    readonly progress: Progress;
}

async function install({ pulumi, name, version, home, since, progress }: Installation): Promise<boolean> {
    const memory = join(cacheDir(), "plugins-unreachable");
    if (await isSince(memory, since)) return false;
    return withLock("Pulumi plugins", progress, async () => {
        if (await isInstalled(name, version, home)) return true;
        if (await isSince(memory, since)) return false;
        try {
            await requireReachable(REGISTRY);
            progress(`downloading the Pulumi plugin ${name} ${version}`);
            const env = { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
            await execa(pulumi.path, ["plugin", "install", "resource", name, version], {
                env,
                stdin: "ignore",
                timeout: INSTALL_TIMEOUT_MS,
            });
            return true;
        } catch (error) {
            if (!(error instanceof Unavailable)) {
                const reason = error instanceof Error ? error.message.split("\n").at(-1) : String(error);
                progress(`the Pulumi plugin ${name} ${version} could not be installed: ${reason ?? ""}`);
            }
            await mkdir(cacheDir(), { recursive: true });
            await writeFile(memory, `${new Date().toISOString()}\n`);
            return false;
        }
    });
}

async function isSince(memory: string, since: number): Promise<boolean> {
    if (!existsSync(memory)) return false;
    return Date.parse((await readFile(memory, "utf8")).trim()) >= since;
}

async function commandRoot(pulumi: Tool): Promise<string> {
    const root = join(cacheDir(), "pulumi-command");
    const link = join(root, "bin/pulumi");
    if (existsSync(link) && realpathSync(link) === realpathSync(pulumi.path)) return root;
    await mkdir(dirname(link), { recursive: true });
    const fresh = `${link}.${process.pid}`;
    await symlink(pulumi.path, fresh);
    await rename(fresh, link);
    return root;
}
