import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { writeFileAtomically } from "../adapters/atomic-file.ts";
import { readStackOutputs } from "../adapters/pulumi-outputs.ts";
import { SlotkeeperError } from "../errors.ts";
import { renderSheetHtml } from "../recovery-sheet/html.ts";
import { renderMarkdown } from "../recovery-sheet/markdown.ts";
import { sheetOutputs } from "../recovery-sheet/outputs.ts";
import { recoverySheet } from "../recovery-sheet/sheet.ts";
import { printProgress } from "./terminal.ts";

const help = `
The page is a secret: with it alone, and stock programs, anybody can read every backup. Keep two copies in two places,
none of them on the server (docs/encryption.md). For paper: --out sheet.html, and print it.

Exit status: 0 printed, 2 wrong usage or the file is there already, 10 no such stack or it is not up`;

interface Options {
    readonly stack: string;
    readonly out?: string;
    readonly force?: boolean;
}

/** `recovery-sheet`: the page with which a person restores everything when nothing else is left. */
export function recoverySheetCommand(): Command {
    return new Command("recovery-sheet")
        .description("print the page that restores everything with stock programs when all else is lost")
        .requiredOption("--stack <name>", "the production stack")
        .option(
            "--out <file>",
            "write it there, for this user alone; .html makes a page to print, anything else Markdown",
        )
        .option("--force", "overwrite that file")
        .addHelpText("after", help)
        .action(async (options: Options) => {
            // npm runs a script in the project's folder, and says here where it was called.
            const from = process.env["INIT_CWD"] ?? process.cwd();
            const out = options.out === undefined ? undefined : resolve(from, options.out);
            if (out !== undefined && options.force !== true && existsSync(out)) throw present(out);
            const outputs = sheetOutputs(options.stack, await readStackOutputs(options.stack, printProgress));
            const sheet = recoverySheet({ stack: options.stack, printedAt: new Date().toISOString(), outputs });
            if (out !== undefined) {
                await save(out, /\.html?$/i.test(out) ? renderSheetHtml(sheet) : renderMarkdown(sheet), options.force);
                printProgress(`${out}: print it, keep it in two places, and remove the file. It is a secret.`);
                if (isInRepository(out)) printProgress(`${out} is in a Git repository: do not commit it`);
                return;
            }
            process.stdout.write(renderMarkdown(sheet));
            if (process.stdout.isTTY)
                printProgress("This is a secret, and now on your screen: clear it and its scrollback (or use --out).");
        });
}

async function save(path: string, content: string, force = false): Promise<void> {
    try {
        if (force) await writeFileAtomically(path, content, { mode: 0o600 });
        else await writeFile(path, content, { mode: 0o600, flag: "wx" });
    } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === undefined) throw cause;
        if (code === "EEXIST") throw present(path);
        throw new SlotkeeperError("usage", `cannot write ${path}: ${message}`, "name another file with --out", {
            cause,
        });
    }
}

function present(path: string): SlotkeeperError {
    return new SlotkeeperError("usage", `${path} is there already`, "name another file, or overwrite it with --force");
}

function isInRepository(path: string): boolean {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
        if (existsSync(join(folder, ".git"))) return true;
        if (dirname(folder) === folder) return false;
    }
}
