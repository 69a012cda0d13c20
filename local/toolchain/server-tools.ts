// server-tools.ts <x64|arm64> [litestream]: prints {"node", "litestream"}, the paths of what a Linux server of that
// processor runs; brings what is missing. Runs as a program of its own, for the components.
import { SlotkeeperError } from "../../scripts/errors.ts";
import { ensureServerLitestream } from "./ensure.ts";
import { ensureServerNode } from "./server-node.ts";
import { runProgram, say } from "./run-program.ts";

async function main([arch, litestream]: readonly string[]): Promise<void> {
    if (arch !== "x64" && arch !== "arm64")
        throw new SlotkeeperError("usage", `no tools for the processor ${arch ?? "?"}`, "name x64 or arm64");
    const node = await ensureServerNode(arch, say);
    const path = litestream ?? (await ensureServerLitestream({ os: "linux", arch }, say)).path;
    process.stdout.write(`${JSON.stringify({ node, litestream: path })}\n`);
}

await runProgram(main);
