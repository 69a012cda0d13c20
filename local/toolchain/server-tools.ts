// server-tools.ts <x64|arm64> [litestream]: prints {"node", "litestream"}, the paths of what a Linux server of that
// processor runs; brings what is missing. Runs as a program of its own, for the components.
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";
import { ensureServerLitestream } from "./ensure.ts";
import { ensureServerNode } from "./server-node.ts";

const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
};

async function main([arch, litestream]: readonly string[]): Promise<void> {
    if (arch !== "x64" && arch !== "arm64")
        throw new SlotkeeperError("usage", `no tools for the processor ${arch ?? "?"}`, "name x64 or arm64");
    const node = await ensureServerNode(arch, say);
    const path = litestream ?? (await ensureServerLitestream({ os: "linux", arch }, say)).path;
    process.stdout.write(`${JSON.stringify({ node, litestream: path })}\n`);
}

try {
    await main(process.argv.slice(2));
} catch (error) {
    if (!(error instanceof SlotkeeperError)) throw error;
    say(`Error: ${error.message}`);
    if (error.hint !== undefined) say(`Try: ${error.hint}`);
    process.exitCode = EXIT[error.kind];
}
