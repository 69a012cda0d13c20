import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import { writeFileAtomically } from "../adapters/atomic-file.ts";
import type { Ownership } from "../adapters/ownership.ts";
import { lookUpOwner } from "../adapters/ownership.ts";
import type { Progress } from "../progress.ts";

import type { DesiredState } from "./desired.ts";

/** Writes the files and links that differ, each atomically; returns the paths of both kinds. */
export async function applyFiles(
    desired: DesiredState,
    progress: Progress,
): Promise<{ changed: string[]; unchanged: string[] }> {
    const changed: string[] = [];
    const unchanged: string[] = [];
    const note = (path: string, differs: boolean) => {
        (differs ? changed : unchanged).push(path);
        if (differs) progress(`wrote ${path}`);
    };
    for (const file of desired.files) note(file.path, await writeIfDifferent(file));
    for (const link of desired.links) note(link.path, await linkIfDifferent(link));
    return { changed, unchanged };
}

/** A hash of all files and links: what a process was started with. */
export function hashOfFiles({ files, links }: DesiredState): string {
    return createHash("sha256")
        .update(JSON.stringify([files, links]))
        .digest("hex");
}

/** Epoch ms of the latest change to one of the files and links; to content, owner, mode or name. */
export async function lastChange({ files, links }: DesiredState): Promise<number> {
    const times = await Promise.all([...files, ...links].map(async ({ path }) => (await lstat(path)).ctimeMs));
    return Math.max(0, ...times);
}

async function writeIfDifferent(file: DesiredState["files"][number]): Promise<boolean> {
    const mode = parseInt(file.mode, 8);
    const owner = file.owner === undefined ? null : await ownerOf(file.owner);
    const wanted = owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const now = await lstat(file.path).catch(() => null);
    if (now?.isFile() === true) {
        const same = (now.mode & 0o7777) === mode && now.uid === wanted.uid && now.gid === wanted.gid;
        if (same && (await readFile(file.path, "utf8")) === file.content) return false;
    } else {
        await mkdir(dirname(file.path), { recursive: true, mode: 0o755 });
    }
    await writeFileAtomically(file.path, file.content, { mode, owner });
    return true;
}

async function linkIfDifferent({ path, target }: DesiredState["links"][number]): Promise<boolean> {
    const now = await readlink(path).catch(() => null);
    if (now === target) return false;
    if (!existsSync(dirname(path))) await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const temporary = join(dirname(path), `.link-${randomBytes(6).toString("hex")}`);
    await symlink(target, temporary);
    try {
        await rename(temporary, path);
    } catch (error) {
        await rm(temporary, { force: true });
        throw error;
    }
    return true;
}

async function ownerOf(text: string): Promise<Ownership> {
    const [user = text, group = user] = text.split(":");
    return lookUpOwner({ user, group });
}
