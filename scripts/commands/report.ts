import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { type DrillRecord, recordSchema } from "../drill/record.ts";
import { SlotkeeperError } from "../errors.ts";
import { writeReport } from "../report/write.ts";

/** `report`: what can be made from the record of a drill, at any time after it. */
export function reportCommand(): Command {
    return new Command("report").description("make the report of a drill again from its record").addCommand(
        new Command("render")
            .description("write report.html, summary.md, junit.xml and metrics.prom")
            .argument("<record>", "a drill.json, or the folder that holds it")
            .option("--to <dir>", "where to write them (default: beside the record)")
            .addHelpText("after", "\nExit status: 0 written, 2 not the record of a drill, 10 no such file")
            .action(async (record: string, options: { to?: string }) => {
                // npm runs a script in the project's folder, and says here where it was called.
                const from = process.env["INIT_CWD"] ?? process.cwd();
                const path = await recordPath(resolve(from, record));
                const folder = options.to === undefined ? dirname(path) : resolve(from, options.to);
                const read = await readRecord(path);
                for (const written of await write(folder, read)) process.stdout.write(`${written}\n`);
            }),
    );
}

async function recordPath(path: string): Promise<string> {
    const found = await stat(path).catch(() => null);
    return found?.isDirectory() === true ? join(path, "drill.json") : path;
}

async function readRecord(path: string): Promise<DrillRecord> {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT")
            throw new SlotkeeperError("notFound", `${path} does not exist`, "Name a drill.json: reports/latest", {
                cause,
            });
        throw new SlotkeeperError("usage", `cannot read ${path}: ${(cause as Error).message}`, undefined, { cause });
    });
    try {
        return recordSchema.parse(JSON.parse(text));
    } catch (cause) {
        const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
        throw new SlotkeeperError(
            "usage",
            `${path} is not the record of a drill: ${why}`,
            "Name the drill.json that a drill wrote; one of a newer version needs that version.",
            { cause },
        );
    }
}

async function write(folder: string, record: DrillRecord): Promise<string[]> {
    try {
        await mkdir(folder, { recursive: true });
        return await writeReport(folder, record);
    } catch (cause) {
        if (!(cause instanceof Error && "code" in cause)) throw cause;
        throw new SlotkeeperError(
            "usage",
            `cannot write the report to ${folder}: ${cause.message}`,
            "Name a folder of yours with --to.",
            { cause },
        );
    }
}
