import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Compares a whole text with test/golden/<name>; UPDATE_GOLDEN=1 writes it anew, to be looked at in the diff. */
export function assertGolden(name: string, text: string): void {
    const path = join(import.meta.dirname, "../golden", name);
    if (process.env["UPDATE_GOLDEN"] === "1") {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
    }
    assert.equal(text, readFileSync(path, "utf8"));
}
