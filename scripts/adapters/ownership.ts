import { chmod, chown, readFile } from "node:fs/promises";

import { SlotkeeperError } from "../errors.ts";

/** A user and a group by number. */
export interface Ownership {
    uid: number;
    gid: number;
}

/**
 * Looks a user and a group up by name in /etc/passwd and /etc/group.
 * @throws SlotkeeperError "usage" naming the one that is not there.
 */
export async function lookUpOwner(owner: { user: string; group: string }): Promise<Ownership> {
    return { uid: await idIn("/etc/passwd", "user", owner.user), gid: await idIn("/etc/group", "group", owner.group) };
}

/** Sets who owns a file or folder, and its mode; changes only what differs, so that one's own files need no root. */
export async function giveTo(path: string, owner: Ownership, mode: number): Promise<void> {
    await chmod(path, mode);
    const mine = process.getuid?.() === owner.uid && process.getgid?.() === owner.gid;
    if (!mine) await chown(path, owner.uid, owner.gid);
}

async function idIn(file: string, kind: "user" | "group", name: string): Promise<number> {
    for (const line of (await readFile(file, "utf8")).split("\n")) {
        const [entry, , id] = line.split(":");
        if (entry === name && id !== undefined) return Number(id);
    }
    throw new SlotkeeperError(
        "usage",
        `there is no ${kind} ${name}`,
        `create it, or change owner in the fleet settings`,
    );
}
