import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { ToolSpec } from "../../local/toolchain/spec.ts";

/** How a publisher can go wrong; "none" is a publisher whose server answers 404 for everything. */
export type Fault = "wrong checksum" | "unlisted" | "truncated" | "silent" | "none" | "slow";

/** A publisher on loopback; `requests` holds the path of each GET. */
export interface ReleaseServer {
    requests: string[];
    fault: Fault | undefined;
    /** The spec with its releases here instead; what is published is an executable that prints its version. */
    publish: (spec: ToolSpec) => ToolSpec;
    stop: () => Promise<void>;
}

/** Starts a publisher that keeps its archives under `folder` and redirects to them, as GitHub does. */
export async function startReleaseServer(folder: string): Promise<ReleaseServer> {
    const files = new Map<string, Buffer>();
    const requests: string[] = [];
    let drip: NodeJS.Timeout | undefined;
    const answer = (path: string, response: ServerResponse) => {
        const file = files.get(path.replace("/moved", ""));
        if (state.fault === "none" || file === undefined) response.writeHead(404).end();
        else if (path.endsWith(".txt")) response.end(state.fault === "unlisted" ? "" : file);
        else if (!path.startsWith("/moved")) response.writeHead(302, { location: `/moved${path}` }).end();
        else if (state.fault === "slow" || state.fault === "truncated") {
            response.writeHead(200, { "content-length": file.length });
            response.write(file.subarray(0, file.length - 10));
            if (state.fault === "truncated") response.destroy();
            else drip = setTimeout(() => response.end(file.subarray(file.length - 10)), 60_000);
        } else response.end(file);
    };
    const server = createServer((request, response) => {
        if (state.fault === "silent") return;
        if (request.method === "HEAD") response.end();
        else {
            requests.push(request.url ?? "");
            answer(request.url ?? "", response);
        }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const state: ReleaseServer = {
        requests,
        fault: undefined,
        publish: (spec) => {
            const release = spec.release({ os: "linux", arch: "x64" });
            const archive = pack(folder, spec, release.folder);
            const sum = createHash("sha256").update(archive).digest("hex");
            const told = state.fault === "wrong checksum" ? "0".repeat(64) : sum;
            files.set(`/${spec.name}/${release.archive}`, archive);
            files.set(`/${spec.name}/${release.checksums}`, Buffer.from(`${told}  ${release.archive}\n`));
            return { ...spec, release: () => ({ ...release, base: `${base}/${spec.name}` }) };
        },
        stop: () => {
            clearTimeout(drip);
            server.closeAllConnections();
            return new Promise((resolve) =>
                server.close(() => {
                    resolve();
                }),
            );
        },
    };
    return state;
}

/** A script that stands for the tool: it prints its version, as the tool does. */
export function writeFakeTool(path: string, version: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho ${version}\n`);
    chmodSync(path, 0o755);
}

function pack(folder: string, spec: ToolSpec, inside: string): Buffer {
    const tree = join(folder, `tree-${spec.name}`);
    for (const name of [spec.name, ...spec.companions]) writeFakeTool(join(tree, inside, name), spec.version);
    writeFileSync(join(tree, "README.md"), "read me\n");
    const archive = join(folder, `${spec.name}.tar.gz`);
    execFileSync("tar", ["-c", "-z", "-f", archive, "-C", tree, "."]);
    const bytes = readFileSync(archive);
    rmSync(tree, { recursive: true });
    rmSync(archive);
    return bytes;
}
