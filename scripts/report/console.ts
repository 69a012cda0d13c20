import { relative } from "node:path";
import { styleText } from "node:util";
import type { DrillRecord } from "../drill/record.ts";
import { count, failures, meaning, seconds, size, tally } from "./words.ts";

/** How many failures the console names; the report has all. */
const shownFailures = 10;

/** The summary of a drill for a terminal, at most 100 columns wide; colours only where they are shown. */
export function renderConsole(record: DrillRecord, folder: string): string {
    const good = record.verdict === "passed";
    const paint = (text: string) => styleText([good ? "green" : "red", "bold"], text);
    const lines = [
        "",
        `  ${paint(good ? "PASSED" : "FAILED")}  ${headline(record)}`,
        "",
        ...figures(record).map(
            ([name, value, target]) => `  ${name.padEnd(22)} ${value.padEnd(12)} ${styleText("dim", target)}`,
        ),
        "",
        ...tally(record).map(({ id, passed, total, note }) => {
            const all = total > 0 && passed === total;
            const mark = total === 0 ? styleText("dim", "–") : all ? styleText("green", "✓") : styleText("red", "✗");
            const share = total === 0 ? note : `${count(passed)} of ${count(total)}`;
            return `  ${mark} ${(meaning[id] ?? id).padEnd(48)} ${styleText(all ? "dim" : "reset", share)}`;
        }),
    ];
    if (record.failure !== null)
        lines.push(
            "",
            `  ${styleText("red", record.failure.message)}`,
            ...(record.failure.hint === "" ? [] : [`  → ${record.failure.hint}`]),
        );
    const failed = failures(record);
    for (const check of failed.slice(0, shownFailures))
        lines.push(
            "",
            `  ${styleText("red", "✗")} ${check.database ?? "fleet"}: ${check.actual}`,
            `    expected: ${check.expected}`,
            `    → ${check.remedy}`,
        );
    if (failed.length > shownFailures) lines.push("", `  … and ${failed.length - shownFailures} more in the report`);
    lines.push("", `  ${cleanup(record)}`, `  Report: ${relative(process.cwd(), folder) || folder}`, "");
    return `${lines.join("\n")}\n`;
}

/** One sentence: what was done to how much. */
export function headline(record: DrillRecord): string {
    const { databases, bytes } = record.fleet;
    if (databases === 0)
        return `the drill did not get to a recovery (it ended in: ${record.phases.at(-1)?.name ?? "nothing"})`;
    const restored = record.databases.filter((database) => database.status === "restored").length;
    const young = record.databases.filter((database) => database.status === "lost-within-rpo").length;
    const note =
        young === 0 ? "" : `; ${count(young)} had been created just before the disaster (counted as data lost)`;
    return `${count(restored)} of ${count(databases)} databases (${size(bytes)}) restored on a new server${note}`;
}

/** The figures a founder wants: name, value, target. */
export function figures(record: DrillRecord): [string, string, string][] {
    const { rpo, rto, load, cost } = record;
    const total =
        record.finishedAt === null ? null : (Date.parse(record.finishedAt) - Date.parse(record.startedAt)) / 1000;
    return [
        ...(load === null
            ? []
            : ([
                  [
                      "Data lost, worst slot",
                      seconds(rpo.worstSeconds),
                      `target ${seconds(rpo.targetSeconds)}; ${count(load.lost)} of ${count(load.acknowledged)} acknowledged writes`,
                  ],
              ] as [string, string, string][])),
        ...(record.production === null
            ? []
            : ([
                  [
                      "Behind production",
                      seconds(rpo.worstSeconds),
                      `target ${seconds(rpo.targetSeconds)}; the worst database, against what production said before`,
                  ],
              ] as [string, string, string][])),
        ["Fleet back", seconds(rto.fleetSeconds), `from "${lossOf(record)}" to "app answers, all verified"`],
        [
            "Slot back, worst",
            seconds(rto.slotWorstSeconds),
            `target ${seconds(rto.targetSeconds)}; half of them in ${seconds(rto.slotP50Seconds)}`,
        ],
        [
            "Backups a month",
            cost.monthlyUsd === null ? "–" : `$${cost.monthlyUsd.toFixed(2)}`,
            `budget $${cost.budgetUsd}; estimate for Backblaze B2`,
        ],
        ["Whole drill", seconds(total), longestPhases(record)],
    ];
}

/** The moment from which the time to recover is counted. */
export function lossOf({ production }: DrillRecord): string {
    return production === null ? "server gone" : "new server asked for";
}

/** Where the time went: the four longest phases. */
function longestPhases({ phases }: DrillRecord): string {
    const longest = [...phases].sort((a, b) => b.seconds - a.seconds).slice(0, 4);
    return longest.map((phase) => `${phase.name} ${seconds(phase.seconds)}`).join(", ");
}

/** What is left of the drill, in one sentence. */
export function cleanup({ runId, stack, production, cleanup: { destroyed, kept, leftovers } }: DrillRecord): string {
    if (kept) return `Both servers are kept, as asked. End them with: npm run drill -- --end ${runId}`;
    if (destroyed && production !== null) return `The stack ${stack} is destroyed and removed.`;
    if (destroyed) return "Both stacks are destroyed; nothing of the drill is left on this machine.";
    if (leftovers.length === 0) return "Nothing was destroyed.";
    return `Not removed: ${leftovers.join("; ")}`;
}
