import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { execa } from "execa";

/** One line of /proc/self/mountinfo (proc(5)). */
export interface Mount {
    path: string;
    type: string;
    options: string[];
}

/** mountinfo writes blanks, tabs, newlines and backslashes of a path as octal escapes. */
const unescape = (path: string) =>
    path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

/** Reads the text of a mountinfo file, in the order in which the mounts were made. */
export function parseMounts(mountinfo: string): Mount[] {
    return mountinfo
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
            const [left = "", right = ""] = line.split(" - ");
            const [type = "", , options = ""] = right.split(" ");
            return { path: unescape(left.split(" ")[4] ?? ""), type, options: options.split(",") };
        });
}

/** Every mount that this process sees. */
export function mounts(): Mount[] {
    return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** The mounts at or below a folder (a real path), newest first: the order in which they can be taken away. */
export function mountsUnder(folder: string): string[] {
    return mounts()
        .map((mount) => mount.path)
        .filter((path) => path === folder || path.startsWith(folder + sep))
        .reverse();
}

/**
 * Takes away every mount at or below a folder and returns their paths; one that is busy for good is detached at
 * once and vanishes with its last user. @throws when a mount is there all the same: nothing below it may be deleted.
 */
export async function unmountUnder(folder: string): Promise<string[]> {
    const found = mountsUnder(folder);
    for (const path of found) {
        const { exitCode } = await execa("umount", ["--", path], { reject: false });
        if (exitCode !== 0) await execa("umount", ["--lazy", "--", path], { reject: false });
    }
    const left = mountsUnder(folder);
    if (left.length > 0) throw new Error(`still mounted: ${left.join(", ")}`);
    return found;
}
