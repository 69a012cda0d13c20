import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../golden");

/** The path of a golden file. */
export const goldenPath = (name: string): string => join(folder, name);

/** Compares a text with its golden file, whole; with UPDATE_GOLDEN=1 in the environment the file is written instead. */
export function assertGolden(name: string, actual: string): void {
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(goldenPath(name), actual);
    assert.equal(actual, readFileSync(goldenPath(name), "utf8"), `${name} differs; UPDATE_GOLDEN=1 writes it anew`);
}
