import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { keep, makeUnfinished } from "./cached-tool.ts";
import { downloadFile, downloadText, requireReachable, Unavailable } from "./download.ts";
import type { Platform } from "./platform.ts";
import type { ToolSpec } from "./spec.ts";
import type { Tool } from "./tool.ts";

const MEGABYTE = 1_000_000;

/** The SHA-256 that a checksum file (`<hex>  <name>` or `<hex> *<name>` lines) gives for a name. */
export function checksumOf(name: string, checksums: string): string | undefined {
    for (const line of checksums.split("\n")) {
        const match = /^([0-9a-f]{64})[ \t]+\*?(?:\.\/)?(\S+)\s*$/i.exec(line);
        if (match?.[2] === name) return match[1]?.toLowerCase();
    }
    return undefined;
}

/**
 * Gets the official release into the cache; only an archive that has the publisher's checksum is ever unpacked.
 * @throws Unavailable when it cannot be had from here; SlotkeeperError when what came is not what was published
 */
export async function downloadRelease(
    spec: ToolSpec,
    platform: Platform,
    progress: Progress,
    signal: AbortSignal,
): Promise<Tool> {
    const { base, archive, checksums, folder } = spec.release(platform);
    const url = `${base}/${archive}`;
    await requireReachable(base);
    const expected = checksumOf(archive, await downloadText(`${base}/${checksums}`, signal));
    if (expected === undefined) throw new Unavailable(`${base}/${checksums} does not list ${archive}`);
    const unfinished = await makeUnfinished();
    try {
        const file = join(unfinished, archive);
        progress(`downloading ${spec.name} ${spec.version}`);
        const actual = await downloadFile(url, file, announce(spec, progress), signal);
        if (actual !== expected) {
            throw new SlotkeeperError(
                "remote",
                `${url} has the SHA-256 ${actual}, but its publisher says ${expected}: it was thrown away`,
                `try again; if it stays so, do not trust the network in between, and put ${spec.name} ${spec.version} on PATH yourself`,
            );
        }
        await unpack(spec, file, folder, unfinished);
        return await keep(spec, platform, unfinished, "download", { url, sha256: actual });
    } finally {
        await rm(unfinished, { recursive: true, force: true });
    }
}

/** Leaves the executables, and nothing else, in the folder that the archive lies in. */
async function unpack(spec: ToolSpec, archive: string, folder: string, target: string): Promise<void> {
    const unpacked = join(target, "unpacked");
    await mkdir(unpacked);
    await execa("tar", ["-x", "-z", "-f", archive, "-C", unpacked, "--no-same-owner"]);
    await rename(join(unpacked, folder, spec.name), join(target, spec.name));
    for (const name of spec.companions) {
        const companion = join(unpacked, folder, name);
        if (existsSync(companion)) await rename(companion, join(target, name));
    }
    await rm(unpacked, { recursive: true });
    await rm(archive);
}

/** Says how far a download is, every fifth of it. */
function announce(spec: ToolSpec, progress: Progress): (received: number, total: number | undefined) => void {
    let next = 0.2;
    return (received, total) => {
        if (total === undefined || received < total * next) return;
        next = Math.floor((received / total) * 5) / 5 + 0.2;
        const amount = `${(received / MEGABYTE).toFixed(0)} of ${(total / MEGABYTE).toFixed(0)} MB`;
        progress(`downloading ${spec.name} ${spec.version}: ${amount}`);
    };
}
