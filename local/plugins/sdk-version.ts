import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";

const { resolve } = createRequire(import.meta.url);

/** The version of an installed Pulumi SDK: its plugin is used in exactly that version. */
export function sdkVersion(name: "aws" | "command" | "pulumi" | "random"): string {
    const text = readFileSync(resolve(`@pulumi/${name}/package.json`), "utf8");
    return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
