import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives each test of a suite a folder of its own, removed after it. */
export function useTemporaryFolder(): () => string {
    let folder: string | undefined;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "slotkeeper-test-"));
    });
    afterEach(() => {
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
        folder = undefined;
    });
    return () => {
        if (folder === undefined) throw new Error("the folder is there only while a test runs");
        return folder;
    };
}
