import type { Progress } from "../../scripts/progress.ts";
import { ensurePlugins, type PluginSet, userPulumiHome } from "../plugins/ensure.ts";
import { ensureTools } from "./ensure.ts";
import { thisPlatform } from "./platform.ts";
import type { PulumiCommandLine } from "./pulumi-arguments.ts";
import { localBackend, type LocalBackend } from "./pulumi-backend.ts";
import { toolSpecs } from "./spec.ts";
import type { Tool } from "./tool.ts";

/** The Pulumi CLI with what it needs to run this project as its user does. */
export interface PulumiSession {
    readonly pulumi: Tool;
    readonly litestream: Tool;
    readonly plugins: PluginSet;
    /** This machine's own backend; undefined where the user has chosen one. */
    readonly backend: LocalBackend | undefined;
    /** The whole environment to run the CLI in: tools, plugins, backend. */
    readonly env: NodeJS.ProcessEnv;
}

/** What changes a stack: not done with a stand-in only because a download failed this morning. */
const CHANGES = new Set(["destroy", "down", "import", "refresh", "up", "update"]);

/** Finds or makes tools and plugins, and the backend: the one that the user has chosen, else this machine's own. */
export async function openPulumi(command: PulumiCommandLine, progress: Progress): Promise<PulumiSession> {
    const [pulumi, litestream] = await ensureTools([toolSpecs.pulumi, toolSpecs.litestream], thisPlatform(), progress);
    if (pulumi === undefined || litestream === undefined) throw new Error("a tool got lost");
    const retry = CHANGES.has(command.verb ?? "");
    const plugins = await ensurePlugins(pulumi, progress, { home: userPulumiHome(), retry });
    const backend = await localBackend(command, progress);
    // index.ts packs this Litestream into what the server runs, where the server's processor is this machine's.
    const packed = process.platform === "linux" ? { SLOTKEEPER_LITESTREAM: litestream.path } : {};
    const tools = { ...packed, ...process.env, ...plugins.env };
    return { pulumi, litestream, plugins, backend, env: { ...tools, ...backend?.env } };
}
