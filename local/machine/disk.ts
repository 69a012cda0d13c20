import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { MachineNames } from "./names.ts";

/** Where the changes of a machine's disk go: below the run folder, or into memory that is never swapped out. */
export type Storage = "disk" | "memory";

/** Mounts memory at `path`; `noswap` (Linux 6.4) keeps it off the swap disk; before, `forbidSwap` does. */
async function mountMemory(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 });
    const mount = (options: string) => execa("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { reject: false });
    const { exitCode } = await mount("mode=700,size=80%,noswap");
    if (exitCode === 0) return;
    const { stderr, failed } = await mount("mode=700,size=80%");
    if (failed) throw new SlotkeeperError("usage", `cannot mount memory at ${path}: ${stderr}`, "run as root on Linux");
}

/** Commas and colons separate options and lower folders in overlay's mount options. */
function requirePlainPath(path: string): void {
    if (/[,:\\]/.test(path)) {
        throw new SlotkeeperError(
            "usage",
            `${path} holds a comma, a colon or a backslash, which an overlay mount cannot take`,
            "set XDG_CACHE_HOME to a folder with a plain name",
        );
    }
}

/**
 * Mounts a machine's disk: the image below, its own changes above. Where overlay cannot keep changes (the cache is
 * itself on an overlay, as in a container), the image is copied.
 */
export async function mountDisk(names: MachineNames, image: string, storage: Storage): Promise<void> {
    const changes = join(names.dir, "changes");
    if (storage === "memory") await mountMemory(changes);
    else await mkdir(changes, { mode: 0o700 });
    const [upper, work] = [join(changes, "upper"), join(changes, "work")];
    await Promise.all([mkdir(upper), mkdir(work), mkdir(names.root)]);
    for (const path of [image, upper, work]) requirePlainPath(path);
    const options = `lowerdir=${image},upperdir=${upper},workdir=${work}`;
    const overlay = await execa("mount", ["-t", "overlay", "-o", options, "overlay", names.root], { reject: false });
    if (overlay.exitCode === 0) return;
    await execa("cp", ["--archive", "--reflink=auto", "--", `${image}/.`, upper]);
    await execa("mount", ["--bind", "--", upper, names.root]);
}
