import { text } from "node:stream/consumers";
import { Command } from "commander";
import { z } from "zod";
import { SlotkeeperError } from "../errors.ts";
import { checkKeys, keyCheckSchema } from "../fleet/key-check.ts";
import { printResult } from "./terminal.ts";

const help = `
Reads from standard input, for secrets do not belong on a command line:
  {"location": {backend, endpoint, region, replicaBucket, snapshotBucket},
   "writer": {keyId, secret}, "reader": {keyId, secret}, "admin": {keyId, secret} or null}
pulumi up does this by itself, each time.

Exit status: 0 as it should be, 2 wrong input, 11 a key can do more or less than it must, 13 the store does not answer`;

/** `keys check`: what the two keys of the object store can do, found out by trying. */
export function keysCommand(): Command {
    return new Command("keys").description("the keys of the object store").addCommand(
        new Command("check")
            .description("try both keys on both buckets: neither may destroy a backup, only the server's may write")
            .addHelpText("after", help)
            .action(async () => {
                const problems = await checkKeys(parse(await text(process.stdin)));
                if (problems.length > 0)
                    throw new SlotkeeperError(
                        "checkFailed",
                        `the keys of the object store are not as they must be:\n${problems.map((line) => `  ${line}`).join("\n")}`,
                        "docs/keys.md has, for each backend, how to make keys that can do what they must and no more",
                    );
                printResult("the server's key writes and destroys nothing, the recovery key only reads");
            }),
    );
}

function parse(input: string) {
    try {
        return keyCheckSchema.parse(JSON.parse(input));
    } catch (error) {
        const why = error instanceof z.ZodError ? z.prettifyError(error) : "it is no JSON";
        throw new SlotkeeperError("usage", `standard input is not what keys check takes: ${why}`, "see --help");
    }
}
