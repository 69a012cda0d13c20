import { execa } from "execa";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { requireLinuxRoot } from "./linux-root.ts";
import { findExecutable } from "./path-tool.ts";

/** The commands that local machines are made with, and the Debian packages that bring them. */
const packageOf = {
    "systemd-nspawn": "systemd-container",
    debootstrap: "debootstrap",
    "ssh-keygen": "openssh-client",
    ip: "iproute2",
    bridge: "iproute2",
    nft: "nftables",
} as const;

/** What debootstrap checks Debian's signatures with; Ubuntu has debootstrap without it. */
const KEYRING = { path: "/usr/share/keyrings/debian-archive-keyring.gpg", package: "debian-archive-keyring" };

/** Root's own folders; the PATH that a user took along through sudo may lack them. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const LISTS = "/var/lib/apt/lists";
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const LOCK_SECONDS = 300;

/** The Debian packages whose commands are not in the folders of `path`, or whose keys are not in `keyring`. */
export function missingPackages(path: string, keyring = KEYRING.path): string[] {
    const missing = Object.entries(packageOf).filter(([command]) => findExecutable(command, path) === undefined);
    const names = missing.map(([, name]) => name);
    return [...new Set(existsSync(keyring) ? names : [...names, KEYRING.package])];
}

/** Whether apt's lists are so old, or so incomplete, that what they name may be gone from the mirrors. */
export function areListsOld(folder: string, now: number): boolean {
    const lists = readdirSync(folder).filter((name) => /_Packages(\.\w+)?$/.test(name));
    const newest = Math.max(0, ...lists.map((name) => statSync(join(folder, name)).ctimeMs));
    return now - newest > DAY_MILLISECONDS;
}

/**
 * The system packages that local machines need; installs what is missing with apt-get. Linux and root only. From then
 * on this process finds their commands also where its PATH lacked root's own folders, as after `su` without `-`.
 */
export async function ensureSystemPackages(progress: Progress): Promise<void> {
    requireLinuxRoot();
    const path = `${process.env["PATH"] ?? ""}:${SYSTEM_PATH}`;
    const missing = missingPackages(path);
    process.env["PATH"] = path;
    if (missing.length === 0) return;
    const apt = findExecutable("apt-get", path);
    if (apt === undefined) {
        throw new SlotkeeperError(
            "usage",
            `these are missing: ${missing.join(", ")} (Debian's names), and there is no apt-get to install them`,
            "install them with this system's package manager, and run the same command again",
        );
    }
    await installPackages(missing, apt, progress);
    const still = missingPackages(path);
    if (still.length === 0) return;
    throw new SlotkeeperError(
        "usage",
        `apt-get installed ${missing.join(", ")}, but the commands of ${still.join(", ")} are not there`,
        `look at: apt-get install --reinstall ${still.join(" ")}`,
    );
}

/** Installs packages; fetches apt's lists before when they are old, and once again when a mirror has moved on. */
export async function installPackages(
    names: readonly string[],
    apt: string,
    progress: Progress,
    lists = LISTS,
): Promise<void> {
    const update = () => runApt(apt, ["update"], "fetching Debian's package lists", progress);
    const install = () =>
        runApt(
            apt,
            ["install", "-y", "--no-install-recommends", ...names],
            `installing the Debian packages ${names.join(", ")}`,
            progress,
        );
    if (areListsOld(lists, Date.now())) {
        await update();
        await install();
        return;
    }
    try {
        await install();
    } catch (error) {
        if (!(error instanceof SlotkeeperError)) throw error;
        await update();
        await install();
    }
}

/** Runs apt-get without questions, and waits for another apt or dpkg at work. */
async function runApt(apt: string, args: string[], what: string, progress: Progress): Promise<void> {
    const env = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C", PATH: `${process.env["PATH"] ?? ""}:${SYSTEM_PATH}` };
    const deadline = Date.now() + LOCK_SECONDS * 1000;
    progress(what);
    for (let told = false; ; told = true) {
        const options = ["-q", "-o", `DPkg::Lock::Timeout=${LOCK_SECONDS}`, "-o", "Dpkg::Options::=--force-confold"];
        const result = await execa(apt, [...options, ...args], { env, reject: false, all: true, stdin: "ignore" });
        if (!result.failed) return;
        // DPkg::Lock::Timeout does not cover the lock of the lists (apt-get(8), apt.conf(5)).
        if (!/Could not get lock/.test(result.all) || Date.now() > deadline) {
            throw new SlotkeeperError(
                /Failed to fetch|Could not resolve|Unable to connect/i.test(result.all) ? "remote" : "usage",
                `${what} failed: ${result.all.trim().split("\n").slice(-8).join("\n")}`,
                `run this, see what it says, and run the same command again: apt-get ${args.join(" ")}`,
            );
        }
        if (!told) progress("waiting for another apt-get to end");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
}
