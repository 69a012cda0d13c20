import { createHash } from "node:crypto";
import { type BigIntStats, createReadStream, existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { z } from "zod";

import { appliedFolder } from "../../components/render/look.ts";
import { writeFileAtomically } from "../adapters/atomic-file.ts";

const fileSchema = z.strictObject({
    path: z.string(),
    mode: z.int(),
    uid: z.int(),
    gid: z.int(),
    sha256: z.string(),
    /** What the file system said of it when its content was read: as long as it says the same, so is the content. */
    identity: z.string(),
});

const recordSchema = z.strictObject({
    version: z.literal(1),
    generation: z.string(),
    files: z.array(fileSchema),
    links: z.array(z.strictObject({ path: z.string(), target: z.string() })),
    enabled: z.array(z.string()),
    running: z.array(z.string()),
    /** For each unit that changed files restart: what it was started with, and systemd's id of that start. */
    startedWith: z.record(z.string(), z.strictObject({ files: z.string(), invocation: z.string() })),
    /** The release of the program whose executables the services must run; null where this is none. */
    release: z.string().nullable(),
});

/** What was applied to this server under one name. It holds hashes, never contents. */
export type AppliedRecord = z.infer<typeof recordSchema>;

/** A file as a record keeps it. */
export type AppliedFile = z.infer<typeof fileSchema>;

/** Under which name, and as which generation, something is applied. */
export interface AppliedAs {
    name: string;
    generation: string;
    /** Where records are kept. */
    folder?: string;
}

/** A record of which nothing is filled in. */
export function newRecord(generation: string): AppliedRecord {
    const lists = { files: [], links: [], enabled: [], running: [] };
    return { version: 1, generation, ...lists, startedWith: {}, release: null };
}

/** Every record of this server, by name. One that cannot be read is null: it was not written by us. */
export async function readRecords(folder: string = appliedFolder): Promise<Map<string, AppliedRecord | null>> {
    const names = existsSync(folder) ? (await readdir(folder)).filter((name) => /^[^.].*\.json$/.test(name)) : [];
    const records = await Promise.all(
        names.sort().map(async (file) => {
            const name = file.slice(0, -".json".length);
            return [name, await readRecord({ name, folder })] as const;
        }),
    );
    return new Map(records);
}

/** What was applied last under a name; null when nothing was. */
export async function readRecord({ name, folder }: Omit<AppliedAs, "generation">): Promise<AppliedRecord | null> {
    try {
        return recordSchema.parse(JSON.parse(await readFile(pathOf(name, folder), "utf8")));
    } catch {
        return null;
    }
}

/** The uploads that turned out not to be whole, by the name of what they were to be installed as: their paths. */
export async function incompleteUploads(folder: string = appliedFolder): Promise<Map<string, string>> {
    const files = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".incomplete")) : [];
    const uploads = await Promise.all(
        files.map(async (file) => {
            return [file.slice(0, -".incomplete".length), (await readFile(join(folder, file), "utf8")).trim()] as const;
        }),
    );
    return new Map(uploads);
}

/** Keeps what was applied, for root alone. */
export async function writeRecord({ name, folder }: AppliedAs, record: AppliedRecord): Promise<void> {
    await mkdir(folder ?? appliedFolder, { recursive: true, mode: 0o700 });
    await writeFileAtomically(pathOf(name, folder), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

function pathOf(name: string, folder: string = appliedFolder): string {
    return join(folder, `${name}.json`);
}

/** A file as it is now. */
export async function observeFile(path: string): Promise<AppliedFile> {
    const found = await stat(path, { bigint: true });
    const identity = identityOf(found);
    return {
        path,
        mode: Number(found.mode & 0o7777n),
        uid: Number(found.uid),
        gid: Number(found.gid),
        sha256: await hashFile(path),
        identity,
    };
}

/** What differs from a record in its files and links, one line each. */
export async function fileDrift(record: AppliedRecord): Promise<string[]> {
    const files = await Promise.all(record.files.map(driftOfFile));
    const links = await Promise.all(record.links.map(driftOfLink));
    return [...files, ...links].filter((line) => line !== null);
}

async function driftOfFile(file: AppliedFile): Promise<string | null> {
    const found = await lstat(file.path, { bigint: true }).catch(() => null);
    if (found === null) return `${file.path} (missing)`;
    if (!found.isFile()) return `${file.path} (no file)`;
    const aspects: string[] = [];
    if (identityOf(found) === file.identity) {
        hashes.set(file.identity, Promise.resolve(file.sha256));
        return null;
    }
    if ((await hashFile(file.path).catch(() => "")) !== file.sha256) aspects.push("content");
    if (Number(found.mode & 0o7777n) !== file.mode) aspects.push("mode");
    if (Number(found.uid) !== file.uid || Number(found.gid) !== file.gid) aspects.push("owner");
    return aspects.length === 0 ? null : `${file.path} (${aspects.join(", ")})`;
}

async function driftOfLink({ path, target }: AppliedRecord["links"][number]): Promise<string | null> {
    const now = await readlink(path).catch(() => null);
    if (now === target) return null;
    return now === null ? `${path} (missing)` : `${path} (points to ${now})`;
}

/** By identity: an executable of 60 MB is read once, however many processes run it, and not at all when it is known. */
const hashes = new Map<string, Promise<string>>();

/** The SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
    const identity = identityOf(await stat(path, { bigint: true }));
    const known = hashes.get(identity) ?? readHash(path);
    hashes.set(identity, known);
    return known;
}

/** What the file system says of a file; a change of its content changes it. */
function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

async function readHash(path: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
    return hash.digest("hex");
}
