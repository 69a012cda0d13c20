import { ensureBaseImage } from "../../../local/machine/image.ts";
import { ensurePlugins, type PluginSet } from "../../../local/plugins/ensure.ts";
import { sweepStaleRuns } from "../../../local/run.ts";
import { ensureToolchain, type Toolchain } from "../../../local/toolchain/ensure.ts";
import { ensureSystemPackages } from "../../../local/toolchain/system-packages.ts";
import type { DrillPlan } from "../plan.ts";
import type { DrillRecord } from "../record.ts";
import type { Conduct, Workshop } from "../world.ts";

/** Tools, plugins and base image: made once, found afterwards. Also clears what killed drills left. */
export async function setUp({ progress, signal }: Conduct): Promise<Workshop> {
    await sweepStaleRuns(progress);
    await ensureSystemPackages(progress);
    signal.throwIfAborted();
    const [toolchain, image] = await Promise.all([ensureToolchain(progress), ensureBaseImage(progress)]);
    signal.throwIfAborted();
    const plugins = await ensurePlugins(toolchain.pulumi, progress);
    // index.ts packs this Litestream into what the server runs.
    process.env["SLOTKEEPER_LITESTREAM"] = toolchain.litestream.path;
    return { toolchain, plugins, image };
}

/** The record's lines on what the drill was done with. */
export function toolchainRecord(
    { toolchain, plugins }: Workshop,
    sqliteVersion: string,
    store: DrillPlan["store"],
): DrillRecord["toolchain"] {
    const double = { name: "double of Backblaze B2", version: "1", source: "local/b2, before versitygw" };
    return [...toolVersions(toolchain, plugins, sqliteVersion), ...(store === "b2" ? [double] : [])];
}

/** The same, of whatever tools took part. */
export function toolVersions(
    { pulumi, litestream, versitygw }: Pick<Toolchain, "pulumi" | "litestream"> & Partial<Toolchain>,
    { plugins }: PluginSet,
    sqliteVersion: string,
): DrillRecord["toolchain"] {
    const tools = [pulumi, litestream, ...(versitygw === undefined ? [] : [versitygw])];
    return [
        { name: "node", version: process.versions.node, source: "npm" },
        { name: "sqlite", version: sqliteVersion, source: "npm (better-sqlite3)" },
        ...tools.map(({ name, version, source }) => ({ name, version, source })),
        ...plugins.map(({ name, version, source }) => ({ name: `pulumi plugin ${name}`, version, source })),
    ];
}
