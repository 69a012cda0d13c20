import { execa } from "execa";
import { rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { keep, makeUnfinished } from "./cached-tool.ts";
import { requireFreeSpace } from "./free-space.ts";
import { requireGo } from "./go.ts";
import type { Platform } from "./platform.ts";
import type { ToolSpec } from "./spec.ts";
import type { Tool } from "./tool.ts";

/** The Go module whose go.mod pins the tools, and whose go.sum holds what Go checks them against. */
const moduleDir = join(import.meta.dirname, "go");

/** Measured: the compiler's cache (1.9 GB), the modules (2.3 GB) and the tools of a build from nothing. */
const NEEDED_BYTES = 5 * 1024 ** 3;

/** Long enough for one large module over a slow line; a proxy that only swallows packets is given up. */
const SILENCE_MILLISECONDS = 180_000;

/**
 * Builds the tools from the pinned modules in one go, which shares what they have in common; statically linked.
 * `reasons` says why they could not be downloaded.
 */
export async function goBuild(
    specs: readonly ToolSpec[],
    platform: Platform,
    reasons: string,
    progress: Progress,
): Promise<Tool[]> {
    const names = specs.map(({ name }) => name).join(", ");
    progress(`no download of ${names} (${reasons})`);
    const go = await requireGo(`${names} cannot be downloaded (${reasons})`, moduleDir);
    const unfinished = await makeUnfinished();
    try {
        await requireFreeSpace(unfinished, NEEDED_BYTES, `building ${names} with Go`);
        const env = {
            // Go keeps its cache there, and cron and systemd may leave HOME out.
            HOME: homedir(),
            CGO_ENABLED: "0",
            GOOS: platform.os,
            GOARCH: platform.arch === "x64" ? "amd64" : "arm64",
            GOFLAGS: "-mod=readonly -buildvcs=false",
            GOWORK: "off",
        };
        const packages = specs.map(({ goPackage }) => goPackage);
        progress(`fetching the Go modules of ${names}`);
        const total = await fetchModules(go, env, packages, progress);
        progress(`building ${names} with Go (some minutes the first time)`);
        const flags = specs.map(({ goPackage, goVersion }) => `-ldflags=${goPackage}=-s -w -X ${goVersion}`);
        await compile(go, env, ["-trimpath", ...flags, "-o", `${unfinished}/`, ...packages], total, progress);
        return await Promise.all(specs.map((spec) => keepBuilt(spec, platform, unfinished)));
    } finally {
        await rm(unfinished, { recursive: true, force: true });
    }
}

async function keepBuilt(spec: ToolSpec, platform: Platform, built: string): Promise<Tool> {
    const own = await makeUnfinished();
    await rename(join(built, spec.name), join(own, spec.name));
    return keep(spec, platform, own, "go build");
}

/** Brings the sources here and counts the packages. */
async function fetchModules(go: string, env: Env, packages: string[], progress: Progress): Promise<number> {
    const listing = execa(go, ["list", "-deps", ...packages], { cwd: moduleDir, env, reject: false, stdin: "ignore" });
    const tail: string[] = [];
    let modules = 0;
    const silence = setTimeout(() => listing.kill(), SILENCE_MILLISECONDS);
    for await (const line of listing.iterable({ from: "stderr" })) {
        silence.refresh();
        if (line.startsWith("go: downloading ")) {
            modules++;
            if (modules % 50 === 0) progress(`fetching Go modules: ${modules} so far`);
        } else remember(tail, line);
    }
    clearTimeout(silence);
    const { failed, stdout } = await listing;
    if (!failed) return stdout.split("\n").length;
    throw new SlotkeeperError(
        "remote",
        `Go could not fetch the modules of the toolchain: ${tail.join("\n") || "nothing came"}`,
        "check that Go's module proxy (go env GOPROXY) can be reached, or put the tools on PATH",
    );
}

async function compile(go: string, env: Env, args: string[], total: number, progress: Progress): Promise<void> {
    const build = execa(go, ["build", "-v", ...args], { cwd: moduleDir, env, reject: false, stdin: "ignore" });
    const tail: string[] = [];
    let compiled = 0;
    for await (const line of build.iterable({ from: "stderr" })) {
        if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) {
            compiled++;
            if (compiled % 100 === 0) progress(`building with Go: ${compiled} of at most ${total} packages`);
        } else remember(tail, line);
    }
    const { failed, signal } = await build;
    if (!failed) return;
    throw new SlotkeeperError(
        "usage",
        `the Go build of the toolchain failed: ${tail.join("\n") || (signal ?? "it said nothing")}`,
        "look at Go's message (disk full and too little memory are the usual causes), or put the tools on PATH",
    );
}

type Env = Record<string, string>;

/** Keeps the last lines, which say why it failed. */
function remember(tail: string[], line: string): void {
    tail.push(line);
    if (tail.length > 20) tail.shift();
}
