import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { Ownership } from "./ownership.ts";

/** How a file is written; with no owner, it stays the writing user's. */
export interface FileAttributes {
    mode: number;
    owner?: Ownership | null;
}

/** Writes a file so that a reader, or a crash, sees the old content or the new and nothing between, mode and owner included. */
export async function writeFileAtomically(
    path: string,
    content: string | Uint8Array,
    attributes: FileAttributes,
): Promise<void> {
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
    try {
        const file = await open(temporary, "wx", 0o600);
        try {
            await file.writeFile(content);
            // Owner before mode: chown clears the set-id bits, and the content must never be open to the wrong owner.
            const owner = attributes.owner ?? null;
            if (owner !== null) await file.chown(owner.uid, owner.gid);
            await file.chmod(attributes.mode);
            await file.sync();
        } finally {
            await file.close();
        }
        await rename(temporary, path);
    } catch (error) {
        await rm(temporary, { force: true });
        throw error;
    }
}
