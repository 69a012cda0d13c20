import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { cacheDir, withLock } from "../cache.ts";
import { clearUnfinished, makeUnfinished } from "./cached-tool.ts";
import { findExecutable } from "./path-tool.ts";
import type { Platform } from "./platform.ts";

const root = join(import.meta.dirname, "../..");
const FETCH_MILLISECONDS = 10 * 60 * 1000;

const lockSchema = z.object({
    packages: z.record(z.string(), z.looseObject({ version: z.string().optional(), integrity: z.string().optional() })),
});
/** `tool.json` beside the executable. */
const recordSchema = z.string().transform((text, context) => {
    try {
        return z.object({ integrity: z.string(), bytes: z.number() }).parse(JSON.parse(text));
    } catch {
        context.addIssue("not the record of a Node");
        return z.NEVER;
    }
});

/** A package as the lockfile pins it. */
interface Pinned {
    readonly name: string;
    readonly version: string;
    /** As in npm's lockfile: `sha512-<base64>`. */
    readonly integrity: string;
}

/**
 * The Node of a Linux server: npm's package `node-linux-<arch>` in exactly the version of the lockfile. The one that
 * npm has installed here, where this machine is of that kind; else it is fetched once with npm into the cache, and
 * counts only when it is what the lockfile says.
 * @param project the folder of the lockfile and of node_modules.
 * @throws SlotkeeperError when it cannot be had, or is not what was published.
 */
export async function ensureServerNode(arch: Platform["arch"], progress: Progress, project = root): Promise<string> {
    const packages = join(project, "node_modules");
    const pinned = pinnedNode(arch, readFileSync(join(project, "package-lock.json"), "utf8"));
    const installed = join(packages, pinned.name, "bin/node");
    if (existsSync(installed) && versionIn(join(packages, pinned.name)) === pinned.version) return installed;
    const folder = join(cacheDir(), "tools", `node-${pinned.version}-linux-${arch}`);
    if (isWhole(folder, pinned)) return join(folder, "node");
    await withLock("toolchain", progress, async () => {
        if (isWhole(folder, pinned)) return;
        await clearUnfinished();
        await fetchNode(pinned, folder, progress);
    });
    return join(folder, "node");
}

/** What a lockfile says of the Node of a Linux server. */
export function pinnedNode(arch: Platform["arch"], lockfile: string): Pinned {
    const name = `node-linux-${arch}`;
    const { version, integrity } = lockSchema.parse(JSON.parse(lockfile)).packages[`node_modules/${name}`] ?? {};
    if (version === undefined || integrity?.startsWith("sha512-") !== true)
        throw new SlotkeeperError("usage", `package-lock.json does not pin ${name}`, "get package-lock.json again");
    return { name, version, integrity };
}

/** Whether an archive is what a lockfile's `integrity` says. */
export function hasIntegrity(archive: Buffer, integrity: string): boolean {
    return `sha512-${createHash("sha512").update(archive).digest("base64")}` === integrity;
}

function versionIn(folder: string): string {
    return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")))
        .version;
}

function isWhole(folder: string, { integrity }: Pinned): boolean {
    const [node, record] = [join(folder, "node"), join(folder, "tool.json")];
    if (!existsSync(node) || !existsSync(record)) return false;
    const known = recordSchema.safeParse(readFileSync(record, "utf8"));
    return known.success && known.data.integrity === integrity && known.data.bytes === statSync(node).size;
}

async function fetchNode(pinned: Pinned, folder: string, progress: Progress): Promise<void> {
    const id = `${pinned.name}@${pinned.version}`;
    progress(`fetching ${id} with npm, for the server`);
    const unfinished = await makeUnfinished();
    try {
        const file = join(unfinished, await pack(id, unfinished));
        if (!hasIntegrity(await readFile(file), pinned.integrity))
            throw new SlotkeeperError(
                "remote",
                `${id} is not what package-lock.json says (${pinned.integrity}): it was thrown away`,
                "try again; if it stays so, do not trust npm's registry as it is set here (npm config get registry)",
            );
        await execa("tar", ["-x", "-z", "-f", file, "-C", unfinished, "--no-same-owner", "package/bin/node"]);
        const whole = join(unfinished, "whole");
        await mkdir(whole);
        await rename(join(unfinished, "package/bin/node"), join(whole, "node"));
        await chmod(join(whole, "node"), 0o755);
        const bytes = statSync(join(whole, "node")).size;
        await writeFile(join(whole, "tool.json"), `${JSON.stringify({ integrity: pinned.integrity, bytes })}\n`);
        await rm(folder, { recursive: true, force: true });
        await rename(whole, folder);
    } finally {
        await rm(unfinished, { recursive: true, force: true });
    }
}

/** npm's own download of a package, whatever registry and proxy it is set to; the name of the file it wrote. */
async function pack(id: string, folder: string): Promise<string> {
    const npm = findExecutable("npm");
    const hint = "make npm's registry reachable (npm ping), and run the same command again";
    if (npm === undefined) throw new SlotkeeperError("usage", `npm is not on PATH, to fetch ${id} with`, hint);
    const packed = await execa(npm, ["pack", id, "--json", "--loglevel=error", "--pack-destination", folder], {
        // Where no project's settings are.
        cwd: folder,
        reject: false,
        stdin: "ignore",
        timeout: FETCH_MILLISECONDS,
    });
    if (packed.failed) throw new SlotkeeperError("remote", `npm could not fetch ${id}: ${packed.stderr.trim()}`, hint);
    const [first] = z.array(z.object({ filename: z.string() })).parse(JSON.parse(packed.stdout));
    if (first === undefined) throw new SlotkeeperError("remote", `npm fetched nothing for ${id}`, hint);
    return first.filename;
}
