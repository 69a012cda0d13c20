import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import type { RecoveryOutputs } from "../../components/outputs.ts";
import { writeFileAtomically } from "../adapters/atomic-file.ts";
import { readStackOutputs } from "../adapters/pulumi-outputs.ts";
import { SlotkeeperError } from "../errors.ts";
import { checkSheet, staleness } from "../recovery-sheet/check.ts";
import { renderSheetHtml } from "../recovery-sheet/html.ts";
import { renderMarkdown } from "../recovery-sheet/markdown.ts";
import { sheetOutputs } from "../recovery-sheet/outputs.ts";
import { readSheet } from "../recovery-sheet/read.ts";
import { recoverySheet } from "../recovery-sheet/sheet.ts";
import { printProgress, printResult } from "./terminal.ts";

const help = `
The page is a secret: with it alone, and stock programs, anybody can read every backup. Keep two copies in two places,
none of them on the server (docs/encryption.md). For paper: --out sheet.html, and print it.

Exit status: 0 printed, or the page is good; 2 wrong usage, or the file is there already; 10 no such stack or file, or
it is not up; 11 the page does not open everything; 13 the object store does not answer`;

interface Options {
    readonly stack?: string;
    readonly out?: string;
    readonly force?: boolean;
    readonly check?: string;
}

/** `recovery-sheet`: the page with which a person restores everything when nothing else is left. */
export function recoverySheetCommand(): Command {
    return new Command("recovery-sheet")
        .description("print the page that restores everything with stock programs when all else is lost")
        .option("--stack <name>", "the production stack")
        .option(
            "--out <file>",
            "write it there, for this user alone; .html makes a page to print, anything else Markdown",
        )
        .option("--force", "overwrite that file")
        .option(
            "--check <file>",
            "print nothing: try this page, and with --stack compare it with what the stack exports",
        )
        .addHelpText("after", help)
        .action(async ({ stack, check, ...options }: Options) => {
            if (check !== undefined) {
                await tryPage(fromHere(check), stack);
                return;
            }
            if (stack === undefined)
                throw new SlotkeeperError("usage", "no stack is named", "name production's: --stack prod");
            await print(stack, options);
        });
}

async function print(stack: string, { out: name, force = false }: Options): Promise<void> {
    const out = name === undefined ? undefined : fromHere(name);
    if (out !== undefined && !force && existsSync(out)) throw present(out);
    const sheet = recoverySheet({ stack, printedAt: new Date().toISOString(), outputs: await outputsOf(stack) });
    if (out === undefined) {
        process.stdout.write(renderMarkdown(sheet));
        if (process.stdout.isTTY)
            printProgress("This is a secret, and now on your screen: clear it and its scrollback (or use --out).");
        return;
    }
    await save(out, /\.html?$/i.test(out) ? renderSheetHtml(sheet) : renderMarkdown(sheet), force);
    printProgress(`${out}: print it, keep it in two places, and remove the file. It is a secret.`);
    if (isInRepository(out)) printProgress(`${out} is in a Git repository: do not commit it`);
}

async function tryPage(path: string, stack: string | undefined): Promise<void> {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
        throw new SlotkeeperError("notFound", `cannot read ${path}: ${(cause as Error).message}`, undefined, { cause });
    });
    const sheet = readSheet(text);
    const problems = await checkSheet(sheet);
    if (stack !== undefined) problems.push(...staleness(sheet, await outputsOf(stack)));
    if (problems.length > 0)
        throw new SlotkeeperError(
            "checkFailed",
            `this page does not open everything:\n${problems.map((line) => `  ${line}`).join("\n")}`,
            "docs/encryption.md says when to print a new one: slotkeeper recovery-sheet --stack prod",
        );
    const count = sheet.identities.length;
    printResult(
        `the page is good: its key lists both buckets, and its ${count === 1 ? "identity is" : `${count} identities are`} whole`,
    );
}

async function outputsOf(stack: string): Promise<RecoveryOutputs> {
    return sheetOutputs(stack, await readStackOutputs(stack, printProgress));
}

/** npm runs a script in the project's folder, and says in INIT_CWD where it was called. */
function fromHere(path: string): string {
    return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

async function save(path: string, content: string, force: boolean): Promise<void> {
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
