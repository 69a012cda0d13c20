import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { withLock } from "../cache.ts";
import { clearUnfinished, findCached } from "./cached-tool.ts";
import { Unavailable } from "./download.ts";
import { goBuild } from "./go-build.ts";
import { findOnPath } from "./path-tool.ts";
import { type Platform, thisPlatform } from "./platform.ts";
import { downloadRelease } from "./release.ts";
import { toolSpecs, type ToolSpec } from "./spec.ts";
import type { Tool, Toolchain } from "./tool.ts";

export type { Tool, Toolchain } from "./tool.ts";

/**
 * All tools, ready to run on this machine: from PATH when new enough there, else from the cache, else the official
 * release, else built with Go.
 */
export async function ensureToolchain(progress: Progress): Promise<Toolchain> {
    const { pulumi, litestream, versitygw } = toolSpecs;
    const [first, second, third] = await ensureTools([pulumi, litestream, versitygw], thisPlatform(), progress);
    if (first === undefined || second === undefined || third === undefined) throw new Error("a tool got lost");
    return { pulumi: first, litestream: second, versitygw: third };
}

/** Litestream for a server of another platform than this machine's. */
export async function ensureServerLitestream(platform: Platform, progress: Progress): Promise<Tool> {
    const [tool] = await ensureTools([toolSpecs.litestream], platform, progress);
    if (tool === undefined) throw new Error("litestream got lost");
    return tool;
}

/** The tools in the order of the specs; any that are missing are obtained by one process at a time. */
export async function ensureTools(specs: readonly ToolSpec[], platform: Platform, progress: Progress): Promise<Tool[]> {
    const here = thisPlatform();
    const native = platform.os === here.os && platform.arch === here.arch;
    const onPath = native ? await Promise.all(specs.map((spec) => findOnPath(spec, progress))) : [];
    const found = specs.map((spec, index) => onPath[index] ?? findCached(spec, platform));
    const missing = specs.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return found.filter((tool) => tool !== undefined);
    const obtained = await withLock("toolchain", progress, () => obtain(missing, platform, progress));
    return specs.map((spec, index) => {
        const tool = found[index] ?? obtained.find(({ name }) => name === spec.name);
        if (tool === undefined) throw new Error(`${spec.name} got lost`);
        return tool;
    });
}

async function obtain(specs: readonly ToolSpec[], platform: Platform, progress: Progress): Promise<Tool[]> {
    await clearUnfinished();
    // Whoever held the lock before may have brought some of them.
    const cached = specs.map((spec) => findCached(spec, platform)).filter((tool) => tool !== undefined);
    const missing = specs.filter(({ name }) => !cached.some((tool) => tool.name === name));
    const { downloaded, reasons } = await downloadAll(missing, platform, progress);
    const remaining = missing.filter(({ name }) => !downloaded.some((tool) => tool.name === name));
    const built = remaining.length === 0 ? [] : await goBuild(remaining, platform, reasons, progress);
    return [...cached, ...downloaded, ...built];
}

/** The releases that can be had from here. One that is not what was published stops the others, and the run. */
async function downloadAll(
    specs: readonly ToolSpec[],
    platform: Platform,
    progress: Progress,
): Promise<{ downloaded: Tool[]; reasons: string }> {
    const stop = new AbortController();
    const results = await Promise.allSettled(
        specs.map((spec) =>
            downloadRelease(spec, platform, progress, stop.signal).catch((error: unknown) => {
                if (!(error instanceof Unavailable)) stop.abort();
                throw error;
            }),
        ),
    );
    const reasons = new Set<string>();
    for (const result of results) {
        if (result.status === "fulfilled") continue;
        if (!(result.reason instanceof Unavailable)) throw asActionable(result.reason);
        reasons.add(result.reason.message);
    }
    const downloaded = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
    return { downloaded, reasons: [...reasons].join("; ") };
}

/** A full disk is for the operator to act on. */
function asActionable(error: unknown): unknown {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") return error;
    const hint = "free some space, or set XDG_CACHE_HOME to a folder on a larger disk";
    return new SlotkeeperError("usage", `the disk of the cache is full: ${error.message}`, hint, { cause: error });
}
