import { createHash } from "node:crypto";
import { constants } from "node:fs";
import {
    access,
    chmod,
    copyFile,
    mkdir,
    mkdtemp,
    readdir,
    readFile,
    rename,
    rm,
    stat,
    writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "tar";
import { bundleForServer, sqliteAddon } from "./server-bundle.ts";
import { serverTools } from "./server-tools.ts";

/** What a server runs: one archive, named by the hash of all that is in it. */
export interface Artifact {
    /** tar.gz on this machine. */
    readonly path: string;
    /** First 16 hex digits of the SHA-256 of the contents. */
    readonly hash: string;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const launcher = `#!/bin/sh
release=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$release/bin/node" --disable-warning=ExperimentalWarning "$release/lib/slotkeeper.mjs" "$@"
`;

/**
 * Builds what the server runs: Node, Litestream, the bundled program and the SQLite addon. The server then needs no
 * compiler, no package registry and no internet but the object store. Built once for each content.
 * @param arch the server's processor, whatever this machine's is.
 * @throws pulumi.RunError when the Litestream or the Node for that processor cannot be had here.
 */
export async function serverArtifact(arch: "arm64" | "x64"): Promise<Artifact> {
    const tools = await serverTools(arch);
    const cache = join(root, "node_modules", ".cache", "slotkeeper");
    await mkdir(cache, { recursive: true });
    const staging = await mkdtemp(join(cache, "artifact-"));
    try {
        const found: Readonly<Record<string, string>> = {
            "bin/node": tools.node,
            "bin/litestream": tools.litestream,
            "lib/better_sqlite3.node": sqliteAddon(arch),
        };
        await bundleForServer(bundles, join(staging, "lib"), elsewhere);
        await mkdir(join(staging, "bin"), { recursive: true });
        await writeFile(join(staging, "bin/slotkeeper"), launcher, { mode: 0o755 });

        const made = ["bin/slotkeeper", ...Object.keys(bundles).map((name) => `lib/${name}.mjs`)];
        const names = [...Object.keys(found), ...made].sort();
        const hash = await hashOf(names.map((name) => [name, found[name] ?? join(staging, name)]));
        const path = join(cache, `server-${hash}.tar.gz`);
        if (!(await exists(path))) {
            for (const [name, source] of Object.entries(found)) {
                await copyFile(source, join(staging, name), constants.COPYFILE_FICLONE);
                await chmod(join(staging, name), 0o755);
            }
            const partial = `${staging}.tar.gz`;
            await create(
                { cwd: staging, file: partial, gzip: { level: 1 }, portable: true, mtime: new Date(0) },
                names,
            );
            await rename(partial, path);
            await forgetOld(cache);
        }
        return { path, hash };
    } finally {
        await rm(staging, { recursive: true });
    }
}

/** Removes archives of other contents, and what killed builds left, when they are older than a day. */
async function forgetOld(cache: string): Promise<void> {
    for (const name of (await readdir(cache)).filter((file) => /^(server|artifact)-/.test(file))) {
        const { mtimeMs } = await stat(join(cache, name));
        if (Date.now() - mtimeMs > 24 * 3600 * 1000) await rm(join(cache, name), { recursive: true, force: true });
    }
}

/** The program, and the worker beside it that looks at databases. */
const bundles = { slotkeeper: "scripts/slotkeeper.ts", "observe-worker": "scripts/fleet/observe-worker.ts" };

/** What a server has no use for, and what would bring Pulumi, SSH and the API of EC2 with it. */
const elsewhere = ["drill", "ec2-host-key", "look"].map((command) => `*/commands/${command}.ts`);

async function exists(path: string): Promise<boolean> {
    return access(path, constants.R_OK).then(
        () => true,
        () => false,
    );
}

async function hashOf(files: readonly (readonly [name: string, path: string])[]): Promise<string> {
    const hash = createHash("sha256");
    for (const [name, path] of files) hash.update(`${name}\0`).update(await readFile(path));
    return hash.digest("hex").slice(0, 16);
}
