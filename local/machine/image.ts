import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { cacheDir, withLock } from "../cache.ts";
import { unmountUnder } from "../mounts.ts";
import { baseRecipe, recipeHash, type Recipe } from "./recipe.ts";

/** debootstrap's own default; SLOTKEEPER_DEBIAN_MIRROR names another. */
const defaultMirror = "http://deb.debian.org/debian";

/** What debootstrap needs while it unpacks; the image itself takes about 300 MB. */
const neededBytes = 800_000_000;

/** Says at most every 3 s what debootstrap does. */
function throttled(progress: Progress): Progress {
    let saidAt = -Infinity;
    return (line) => {
        if (performance.now() - saidAt < 3_000) return;
        saidAt = performance.now();
        progress(line);
    };
}

/**
 * Runs debootstrap so that it cannot outlive this process (setpriv: SIGKILL when the parent dies; unshare: a pid and
 * mount namespace of its own, which take its children and its mounts of /proc and /sys with them).
 */
async function debootstrap(recipe: Recipe, root: string, progress: Progress): Promise<void> {
    const alone = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"];
    const include = `--include=${recipe.packages.join(",")}`;
    const make = ["debootstrap", "--variant=minbase", include, recipe.suite, root, recipe.mirror];
    const child = execa("setpriv", [...alone, ...make], { stdin: "ignore", all: true, buffer: false, reject: false });
    const say = throttled(progress);
    const tail: string[] = [];
    for await (const line of child.iterable({ from: "all" })) {
        tail.splice(0, tail.length - 4);
        tail.push(line);
        if (line.startsWith("I: ")) say(`base image: ${line.slice(3)}`);
    }
    const { exitCode } = await child;
    if (exitCode === 0) return;
    throw new SlotkeeperError(
        "remote",
        `debootstrap could not make the base image from ${recipe.mirror}:\n${tail.join("\n")}`,
        "check that this Debian mirror can be reached, or name another in SLOTKEEPER_DEBIAN_MIRROR",
    );
}

/** Turns a fresh Debian root into the image. */
async function finish(recipe: Recipe, root: string): Promise<void> {
    const units = (verb: string, names: string[]) => execa("systemctl", [`--root=${root}`, "--quiet", verb, ...names]);
    await units("enable", recipe.enabled);
    await units("mask", recipe.masked);
    await Promise.all(recipe.removed.map((path) => rm(join(root, path), { recursive: true, force: true })));
    for (const [path, content] of Object.entries(recipe.files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await rm(join(root, path), { force: true });
        await writeFile(join(root, path), content);
    }
}

async function requireSpace(folder: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= neededBytes) return;
    throw new SlotkeeperError(
        "usage",
        `${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB free; the base image needs ${neededBytes / 1e6} MB`,
        "free some space, or set XDG_CACHE_HOME to a folder on another disk",
    );
}

/** Removes what a killed attempt left; nobody else makes images while the lock is held. */
async function removeUnfinished(images: string): Promise<void> {
    for (const name of await readdir(images)) {
        if (!name.startsWith(".new-")) continue;
        await unmountUnder(join(images, name));
        await rm(join(images, name), { recursive: true, force: true });
    }
}

/** Makes an image beside its place and moves it there when it is complete and on the disk. */
async function makeImage(recipe: Recipe, images: string, image: string, progress: Progress): Promise<void> {
    await removeUnfinished(images);
    await requireSpace(images);
    progress(`base image: Debian ${recipe.suite} from ${recipe.mirror}, once, about a minute`);
    const unready = join(images, `.new-${process.pid}`);
    try {
        await debootstrap(recipe, unready, progress);
        await finish(recipe, unready);
        await execa("sync", ["--file-system", unready]);
        await rename(unready, image);
    } catch (error) {
        await unmountUnder(unready);
        await rm(unready, { recursive: true, force: true });
        throw error;
    }
    progress("base image: ready");
}

/**
 * The folder of the read-only root of every machine, made by debootstrap when the cache does not have it: complete or
 * not there at all, whoever is killed while it is made. Needs root. @throws SlotkeeperError when it cannot be made.
 */
export async function ensureBaseImage(progress: Progress): Promise<string> {
    const recipe = baseRecipe(process.env["SLOTKEEPER_DEBIAN_MIRROR"] ?? defaultMirror);
    const folder = join(cacheDir(), "images");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const images = realpathSync(folder);
    const image = join(images, recipeHash(recipe, process.arch));
    if (existsSync(image)) return image;
    await withLock("making the base image", progress, async () => {
        if (!existsSync(image)) await makeImage(recipe, images, image, progress);
    });
    return image;
}
