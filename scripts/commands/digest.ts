import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { Command } from "commander";

import { openForReading, sqliteMessage } from "../adapters/sqlite.ts";
import { SlotkeeperError } from "../errors.ts";
import type { DatabaseDigest } from "../fleet/digest.ts";
import { digestDatabase } from "../fleet/digest.ts";

import { printResult } from "./terminal.ts";

/** `digest FILE`: the digest of one database's schema and rows. */
export function digestCommand(): Command {
    return new Command("digest")
        .description("digest a database's schema and rows; equal digests mean equal content, whatever the pages")
        .argument("<file>", "an SQLite database; it is only read")
        .option("--json", "print digest, schema hash and row counts as JSON")
        .action((file: string, options: { json?: boolean }) => {
            const digest = digestOf(resolve(file));
            printResult(options.json === true ? digest : `${digest.digest}  ${file}`);
        });
}

function digestOf(path: string): DatabaseDigest {
    if (!existsSync(path)) throw new SlotkeeperError("notFound", `${path} does not exist`, "name an SQLite database");
    try {
        const database = openForReading(path);
        try {
            database.exec("BEGIN");
            return digestDatabase(database);
        } finally {
            database.close();
        }
    } catch (error) {
        throw new SlotkeeperError("checkFailed", `${path} cannot be read: ${sqliteMessage(error)}`, undefined, {
            cause: error,
        });
    }
}
