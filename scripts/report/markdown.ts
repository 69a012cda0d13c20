import type { DrillRecord } from "../drill/record.ts";
import { cleanup, figures, headline } from "./console.ts";
import { count, failures, meaning, seconds, size, tally } from "./words.ts";

/** The summary of a drill as Markdown, for a pull request or a mail. */
export function renderMarkdown(record: DrillRecord): string {
    const failed = failures(record);
    return `${[
        `# Drill ${record.verdict}: ${record.runId}`,
        `${headline(record)}.`,
        ...(record.failure === null ? [] : [quote(record.failure.message), quote(record.failure.hint)]),
        table(["", "measured", ""], figures(record)),
        "## Checks",
        table(
            ["check", "passed", ""],
            tally(record).map(({ id, passed, total, note }) => [
                meaning[id] ?? id,
                total === 0 ? "not run" : `${count(passed)} of ${count(total)}`,
                note,
            ]),
        ),
        ...(failed.length === 0
            ? []
            : [
                  "## What failed",
                  table(
                      ["database", "check", "expected", "found", "what to do"],
                      failed.map((check) => [
                          check.database ?? "fleet",
                          check.id,
                          check.expected,
                          check.actual,
                          check.remedy,
                      ]),
                  ),
              ]),
        "## Databases",
        table(
            ["database", "size", "TXID", "restored in", "lost", "status"],
            record.databases.map((database) => [
                database.id,
                size(database.bytes),
                database.txid ?? "–",
                seconds(database.restoreSeconds),
                seconds(database.lagSeconds),
                database.problem ?? database.status,
            ]),
        ),
        "## Tools",
        table(
            ["tool", "version", "from"],
            record.toolchain.map(({ name, version, source }) => [name, version, source]),
        ),
        cell(cleanup(record)),
    ].join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
    return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function quote(text: string): string {
    return text
        .split("\n")
        .map((line) => `> ${cell(line)}`)
        .join("\n");
}

/** Text that cannot leave its table cell or become markup: slot ids come from a database. */
function cell(text: string): string {
    return text.replaceAll(/[\\`*_[\]<>|#]/g, "\\$&").replaceAll(/\s+/g, " ");
}
