import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";

const { resolve } = createRequire(import.meta.url);

/** The version of the installed SDK of a Pulumi plugin: each plugin is used in exactly that version. */
export function sdkVersion(name: "aws" | "command" | "random"): string {
    const text = readFileSync(resolve(`@pulumi/${name}/package.json`), "utf8");
    return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
