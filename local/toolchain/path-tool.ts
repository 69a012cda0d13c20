import { execa } from "execa";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Progress } from "../../scripts/progress.ts";
import type { ToolSpec } from "./spec.ts";
import type { Tool } from "./tool.ts";
import { isNewEnough, parseVersion } from "./version.ts";

/** The first executable of that name in the absolute folders of PATH, those of npm packages left out. */
export function findExecutable(name: string, path: string = process.env["PATH"] ?? ""): string | undefined {
    const folders = path.split(delimiter).filter((folder) => isAbsolute(folder) && !folder.includes("node_modules"));
    return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
    try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
    } catch {
        return false;
    }
}

/** The version that an executable says it has; undefined when it does not run or names none. */
export async function askVersion(spec: ToolSpec, path: string): Promise<string | undefined> {
    const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
    const answer = await execa(path, spec.versionArguments, { env, reject: false, timeout: 10_000, stdin: "ignore" });
    return answer.failed ? undefined : parseVersion(answer.stdout);
}

/** The tool from PATH, when it is new enough; says so when it is not. */
export async function findOnPath(spec: ToolSpec, progress: Progress): Promise<Tool | undefined> {
    const path = findExecutable(spec.name);
    if (path === undefined) return undefined;
    const version = await askVersion(spec, path);
    if (version !== undefined && isNewEnough(version, spec.version)) {
        return { name: spec.name, version, path, source: "PATH", cached: false };
    }
    progress(`${path} is version ${version ?? "unknown"}: using ${spec.name} ${spec.version} instead`);
    return undefined;
}
