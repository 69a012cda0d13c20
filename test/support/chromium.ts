import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What a test says that needs a browser where there is none. */
export const noChromium = "no Chromium here: install the package chromium, or name one in CHROMIUM";

/** A Chromium or Chrome to test with: the one that CHROMIUM names, else the first on PATH; null when there is none. */
export function chromiumPath(): string | null {
    const named = process.env["CHROMIUM"];
    if (named !== undefined && named !== "") return named;
    const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
    const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}
