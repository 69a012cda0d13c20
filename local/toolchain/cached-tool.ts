import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdtemp, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { cacheDir } from "../cache.ts";
import type { Platform } from "./platform.ts";
import type { ToolSpec } from "./spec.ts";
import type { Tool } from "./tool.ts";

const UNFINISHED = ".unfinished-";

/** `tool.json` beside the executable: where it came from, and what it was when it came. */
const origin = z.object({
    source: z.enum(["download", "go build"]),
    bytes: z.number(),
    sha256: z.string(),
    archive: z.object({ url: z.string(), sha256: z.string() }).optional(),
});
const storedOrigin = z.string().transform((text, context) => {
    try {
        return origin.parse(JSON.parse(text));
    } catch {
        context.addIssue("not the record of a tool");
        return z.NEVER;
    }
});

/** The archive that a tool was unpacked from. */
export type Archive = { url: string; sha256: string };

const toolsDir = () => join(cacheDir(), "tools");
const folderOf = (spec: ToolSpec, { os, arch }: Platform) =>
    join(toolsDir(), `${spec.name}-${spec.version}-${os}-${arch}`);

/** The tool from the cache; undefined when it is not there whole. */
export function findCached(spec: ToolSpec, platform: Platform): Tool | undefined {
    const folder = folderOf(spec, platform);
    const path = join(folder, spec.name);
    const record = join(folder, "tool.json");
    if (!existsSync(record) || !existsSync(path)) return undefined;
    const known = storedOrigin.safeParse(readFileSync(record, "utf8"));
    if (!known.success || statSync(path).size !== known.data.bytes) return undefined;
    return { name: spec.name, version: spec.version, path, source: known.data.source, cached: true };
}

/** An empty folder on the cache's file system; what is left in it is cleared by `clearUnfinished`. */
export async function makeUnfinished(): Promise<string> {
    mkdirSync(toolsDir(), { recursive: true });
    return mkdtemp(join(toolsDir(), UNFINISHED));
}

/** Removes what killed runs left half done. Only for the holder of the toolchain's lock. */
export async function clearUnfinished(): Promise<void> {
    if (!existsSync(toolsDir())) return;
    const left = (await readdir(toolsDir())).filter((name) => name.startsWith(UNFINISHED));
    await Promise.all(left.map((name) => rm(join(toolsDir(), name), { recursive: true, force: true })));
}

/**
 * Moves a folder made by `makeUnfinished`, which holds the executable, into its place: everything is on the disk
 * before the folder has the name that makes it count.
 */
export async function keep(
    spec: ToolSpec,
    platform: Platform,
    unfinished: string,
    source: "download" | "go build",
    archive?: Archive,
): Promise<Tool> {
    const executable = join(unfinished, spec.name);
    const record = {
        source,
        bytes: statSync(executable).size,
        sha256: await sha256(executable),
        ...(archive && { archive }),
    };
    await writeFile(join(unfinished, "tool.json"), `${JSON.stringify(record, undefined, 4)}\n`);
    await chmod(unfinished, 0o755);
    for (const name of await readdir(unfinished)) await sync(join(unfinished, name));
    const folder = folderOf(spec, platform);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    await sync(toolsDir());
    return { name: spec.name, version: spec.version, path: join(folder, spec.name), source, cached: false };
}

async function sync(path: string): Promise<void> {
    const file = await open(path, "r");
    try {
        await file.sync();
    } finally {
        await file.close();
    }
}

async function sha256(path: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
}
