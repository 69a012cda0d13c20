import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The path of a tool of the toolchain, from the folder that the test runner names in SLOTKEEPER_TOOLS.
 * @throws when the runner has not set it up: a test never skips silently.
 */
export function toolPath(name: "litestream" | "pulumi" | "versitygw"): string {
    const folder = process.env["SLOTKEEPER_TOOLS"];
    if (folder === undefined) throw new Error("SLOTKEEPER_TOOLS is not set: run these tests through npm test");
    const path = join(folder, name);
    if (!existsSync(path)) throw new Error(`${path} does not exist: run these tests through npm test`);
    return path;
}
