import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedFleet } from "../../local/app/seed.ts";

/** A folder of a test's own; gone when the scope ends. */
export function temporaryFolder(): Disposable & { path: string } {
    const path = mkdtempSync(join(tmpdir(), "slotkeeper-app-"));
    return {
        path,
        [Symbol.dispose]() {
            rmSync(path, { recursive: true });
        },
    };
}

/** Data of the sample app in such a folder; up to seven slots are all small. */
export function seededFolder(slots: number, seed = 1): Disposable & { path: string } {
    const folder = temporaryFolder();
    seedFleet({ dataDir: folder.path, slots, seed, progress: () => undefined });
    return folder;
}
