import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findExecutable } from "../../local/toolchain/path-tool.ts";
import { toolPath } from "./tools.ts";

/** What a block of the sheet did. */
export interface Ran {
    readonly block: string;
    readonly status: number;
    /** Standard output and standard error, as on a terminal. */
    readonly output: string;
}

/** All that a person needs: four stock programs, and what every Debian has (coreutils, grep, sed, awk). */
const programs = [
    ...["age", "sqlite3", "curl", "gpg"],
    ...["awk", "cat", "cut", "env", "grep", "head", "ls", "mkdir", "sed", "sha256sum", "sort", "tail", "tr"],
];

/** The blocks of commands in a sheet's Markdown. */
export function blocksOf(sheet: string): string[] {
    return [...sheet.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text ?? "");
}

/**
 * Runs blocks one after another in one /bin/sh, as if pasted, in a folder of its own; the environment is a PATH to the
 * stock programs and nothing else.
 */
export function runBlocks(blocks: readonly string[], dir: string): Ran[] {
    const bin = join(dir, "..", "stock-bin");
    mkdirSync(dir, { recursive: true });
    mkdirSync(bin, { recursive: true });
    for (const name of programs) link(findExecutable(name) ?? name, join(bin, name));
    link(toolPath("litestream"), join(bin, "litestream"));
    const mark = "@@@ end of block, status";
    const script = join(dir, "..", "pasted.sh");
    writeFileSync(script, blocks.map((block) => `${block}echo "${mark} $?"\n`).join(""), { mode: 0o600 });
    const shell = spawnSync("/bin/sh", ["-c", '. "$0" 2>&1', script], {
        cwd: dir,
        env: { PATH: bin },
        encoding: "utf8",
        maxBuffer: 50_000_000,
    });
    const outputs = shell.stdout.split(new RegExp(`${mark} (\\d+)\\n`));
    return blocks.map((block, index) => ({
        block,
        output: outputs[2 * index] ?? "",
        status: Number(outputs[2 * index + 1] ?? Number.NaN),
    }));
}

function link(target: string, path: string): void {
    try {
        symlinkSync(target, path);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
}
