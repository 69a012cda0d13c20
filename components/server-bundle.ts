import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Bundles programs of this project for a server's Node: one ES module each, with all that it imports but Node itself.
 * @param entryPoints name (a file `<name>.mjs` in `outdir`) → source, relative to the project's root.
 * @param external imports that are left as they are.
 */
export async function bundleForServer(
    entryPoints: Readonly<Record<string, string>>,
    outdir: string,
    external: readonly string[] = [],
): Promise<void> {
    await build({
        absWorkingDir: root,
        entryPoints: { ...entryPoints },
        outdir,
        outExtension: { ".js": ".mjs" },
        bundle: true,
        platform: "node",
        target: "node24",
        format: "esm",
        // CommonJS packages in an ESM bundle still call require for Node's own modules.
        banner: {
            js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
        },
        external: [...external],
        legalComments: "none",
        logLevel: "error",
    });
}

/** The processor of a server that has this machine's: the local machines, and most others. */
export const sameArch: "arm64" | "x64" = process.arch === "arm64" ? "arm64" : "x64";

/** The SQLite addon for a Linux server: better-sqlite3 brings one for every platform. */
export function sqliteAddon(arch: "arm64" | "x64"): string {
    // Not among the package's exports, so found from its entry point.
    return join(dirname(createRequire(import.meta.url).resolve("better-sqlite3")), `../prebuilds/linux-${arch}.node`);
}
