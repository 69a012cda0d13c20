import { ensureBaseImage } from "../../../local/machine/image.ts";
import { ensurePlugins } from "../../../local/plugins/ensure.ts";
import { sweepStaleRuns } from "../../../local/run.ts";
import { ensureToolchain } from "../../../local/toolchain/ensure.ts";
import { ensureSystemPackages } from "../../../local/toolchain/system-packages.ts";
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
export function toolchainRecord({ toolchain, plugins }: Workshop, sqliteVersion: string): DrillRecord["toolchain"] {
    return [
        { name: "node", version: process.versions.node, source: "npm" },
        { name: "sqlite", version: sqliteVersion, source: "npm (better-sqlite3)" },
        ...Object.values(toolchain).map(({ name, version, source }) => ({ name, version, source })),
        ...plugins.plugins.map(({ name, version, source }) => ({ name: `pulumi plugin ${name}`, version, source })),
    ];
}
