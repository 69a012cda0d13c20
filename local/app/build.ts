import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { bundleForServer, sameArch, sqliteAddon } from "../../components/server-bundle.ts";
import { cacheDir } from "../cache.ts";

/**
 * Packs the sample app for a Linux server of this machine's architecture: `main.mjs` and the SQLite addon beside it, to
 * be run with the server's Node. Same content, same file: its name carries the hash, and it is made once.
 * @returns path of the tar.gz.
 */
export async function buildApp(folder: string = join(cacheDir(), "artifacts")): Promise<string> {
    await mkdir(folder, { recursive: true });
    const staging = await mkdtemp(join(folder, "app-"));
    try {
        const [bundle, binary] = [join(staging, "main.mjs"), join(staging, "better_sqlite3.node")];
        await bundleForServer({ main: "local/app/main.ts" }, staging);
        await copyFile(sqliteAddon(sameArch), binary);
        await chmod(bundle, 0o644);
        await chmod(binary, 0o755);
        const hash = createHash("sha256");
        for (const file of [bundle, binary]) hash.update(await readFile(file)).update("\0");
        const archive = join(folder, `app-linux-${sameArch}-${hash.digest("hex").slice(0, 16)}.tar.gz`);
        if (!existsSync(archive)) {
            const partial = join(staging, "app.tar.gz");
            const names = ["better_sqlite3.node", "main.mjs"];
            await create({ cwd: staging, file: partial, gzip: true, portable: true, mtime: new Date(0) }, names);
            await rename(partial, archive);
        }
        return archive;
    } finally {
        await rm(staging, { recursive: true });
    }
}
