import { findExecutable } from "../../local/toolchain/path-tool.ts";
import { installPackages } from "../../local/toolchain/system-packages.ts";
import type { Progress } from "../../scripts/progress.ts";

/** The stock programs of the recovery sheet but Litestream, and the Debian packages that bring them. */
const packageOf = { age: "age", sqlite3: "sqlite3", curl: "curl", gpg: "gpg" } as const;

/** Why the recovery sheet cannot be tried here; null when all its programs are there. */
export function noStockPrograms(): string | null {
    const missing = missingPrograms();
    return missing.length === 0 ? null : `not installed here: ${missing.join(", ")}`;
}

/** Installs the stock programs that are missing, where this is root's Debian; elsewhere does nothing. */
export async function installStockPrograms(progress: Progress): Promise<void> {
    const apt = findExecutable("apt-get");
    const missing = missingPrograms();
    if (missing.length === 0 || apt === undefined || process.getuid?.() !== 0) return;
    await installPackages(
        missing.map((name) => packageOf[name]),
        apt,
        progress,
    );
}

function missingPrograms() {
    const names = Object.keys(packageOf) as (keyof typeof packageOf)[];
    return names.filter((name) => findExecutable(name) === undefined);
}
