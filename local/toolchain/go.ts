import { execa } from "execa";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { findExecutable } from "./path-tool.ts";

/** Where Go's own installer puts it; sudo's PATH leaves that out. */
const USUAL = "/usr/local/go/bin/go";

/**
 * The Go command, when it is new enough for the module in `moduleDir`; `because` says why one is needed at all.
 * A Go that may fetch newer ones of itself (1.21 and later, GOTOOLCHAIN not `local`) counts as what it switches to.
 */
export async function requireGo(because: string, moduleDir: string, usual = USUAL): Promise<string> {
    const wanted = /^go (\d+\.\d+)/m.exec(readFileSync(join(moduleDir, "go.mod"), "utf8"))?.[1] ?? "";
    const hint = `connect to the internet, or install Go ${wanted} or newer (https://go.dev/dl), or put the tools on PATH`;
    const go = findExecutable("go") ?? (existsSync(usual) ? usual : undefined);
    if (go === undefined) throw new SlotkeeperError("remote", `${because}, and there is no Go to build with`, hint);
    const asked = await execa(go, ["env", "GOVERSION"], { cwd: moduleDir, reject: false, stdin: "ignore" });
    const version = asked.stdout.trim();
    if (!asked.failed && isAtLeast(version, wanted)) return go;
    const reason = asked.failed ? asked.stderr.trim() : version;
    throw new SlotkeeperError("remote", `${because}, and ${go} is too old to build with: ${reason}`, hint);
}

/** Whether `go1.26.8` is at least `1.26`. */
export function isAtLeast(version: string, wanted: string): boolean {
    const [major = 0, minor = 0] = version.replace(/^go/, "").split(".").map(Number.parseFloat);
    const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
    return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
