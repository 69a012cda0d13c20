import type { DatabaseOutcome, DrillRecord } from "../../drill/record.ts";
import { type Markup, markup } from "../markup.ts";
import { count, meaning, seconds, size } from "../words.ts";
import { across } from "./svg.ts";

/** One line for each kind of check. */
export function checksTable({ checks }: DrillRecord): Markup | null {
    if (checks.length === 0) return null;
    const kinds = [...Map.groupBy(checks, (check) => check.id)].map(([id, found]) => {
        const of = (status: string) => found.filter((check) => check.status === status).length;
        const total = found.length - of("not-run");
        const state = of("failed") > 0 ? "failed" : of("inconclusive") > 0 ? "inconclusive" : "passed";
        return {
            id,
            state: total === 0 ? "not run" : state,
            share: total === 0 ? "–" : `${count(of("passed"))} of ${count(total)}`,
            note: found.find((check) => check.status === "not-run")?.actual ?? "",
        };
    });
    return markup`<table class="checks"><caption>${count(checks.filter((check) => check.status === "passed").length)} facts confirmed, of ${count(kinds.length)} kinds</caption>
<thead><tr><th scope="col">Result</th><th scope="col">What was checked</th><th scope="col" class="number">Passed</th></tr></thead>
<tbody>${kinds.map(
        ({ id, state, share, note }) =>
            markup`<tr><td class="state ${state.replace(" ", "-")}">${state}</td><th scope="row" class="text">${meaning[id] ?? id}${note === "" ? null : markup` <small>${note}</small>`}</th><td class="number">${share}</td></tr>\n`,
    )}</tbody></table>`;
}

/** What happened when: a bar for each phase on one common line of time. */
export function timeline(record: DrillRecord): Markup | null {
    const { phases, startedAt, finishedAt } = record;
    const start = Date.parse(startedAt);
    const ends = phases.map((phase) => (Date.parse(phase.startedAt) - start) / 1000 + phase.seconds);
    const total = Math.max(0.001, ...ends, finishedAt === null ? 0 : (Date.parse(finishedAt) - start) / 1000);
    if (phases.length === 0) return null;
    return markup`<table class="timeline"><caption>${seconds(total)} in all</caption>
<thead class="unseen"><tr><th scope="col">Phase</th><th scope="col">When</th><th scope="col">Took</th></tr></thead>
<tbody>${phases.map((phase) => {
        const from = (Date.parse(phase.startedAt) - start) / 1000;
        const kind =
            phase.status !== "done" || phase.name === "disaster" ? "bad" : phase.name === "recovery" ? "good" : "";
        return markup`<tr><th scope="row">${phase.name}</th><td class="span"><svg height="12" role="img" aria-label="from second ${Math.round(from)}"><rect class="phase ${kind}" x="${across(from / total)}" width="${across(phase.seconds / total)}" height="12"/></svg></td><td class="number">${seconds(phase.seconds)}${phase.status === "done" ? null : markup` <strong class="failed">${phase.status}</strong>`}</td></tr>\n`;
    })}</tbody></table>`;
}

/** Every database; what was not restored first. */
export function databasesTable({ databases }: DrillRecord): Markup | null {
    if (databases.length === 0) return null;
    const order = (database: DatabaseOutcome) =>
        database.status === "failed"
            ? 0
            : database.status === "lost-within-rpo"
              ? 1
              : database.kind === "global"
                ? 2
                : 3;
    const sorted = [...databases].sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : 1));
    return markup`<table class="databases"><caption>${count(databases.length)} databases; what was not restored comes first</caption>
<thead><tr><th scope="col">Database</th><th scope="col" class="number">Size</th><th scope="col" class="txid">TXID</th><th scope="col" class="number">Restored in</th><th scope="col" class="number">Lost</th><th scope="col">Status</th></tr></thead>
<tbody>${sorted.map(databaseRows)}</tbody></table>`;
}

function databaseRows({ id, bytes, txid, restoreSeconds, lagSeconds, status, problem }: DatabaseOutcome): Markup {
    const lost = status === "lost-within-rpo";
    const cells = [
        markup`<th scope="row" class="id">${id}</th>`,
        markup`<td class="number">${lost ? "–" : size(bytes)}</td>`,
        markup`<td class="txid">${txid?.replace(/^0+(?=.)/, "") ?? "–"}</td>`,
        markup`<td class="number">${lost ? "–" : seconds(restoreSeconds)}</td>`,
        markup`<td class="number">${lagSeconds === 0 ? "nothing" : seconds(lagSeconds)}</td>`,
        markup`<td class="state ${status}">${lost ? "lost within the RPO" : status}</td>`,
    ];
    if (problem === null) return markup`<tr>${cells}</tr>\n`;
    return markup`<tr class="told">${cells}</tr>\n<tr><td colspan="6" class="text"><small>${problem}</small></td></tr>\n`;
}

/** The versions of everything that took part. */
export function toolsTable({ toolchain }: DrillRecord): Markup | null {
    if (toolchain.length === 0) return null;
    return markup`<table><caption>What took part, and where it came from</caption>
<thead><tr><th scope="col">Tool</th><th scope="col">Version</th><th scope="col">From</th></tr></thead>
<tbody>${toolchain.map(
        ({ name, version, source }) =>
            markup`<tr><th scope="row" class="text">${name}</th><td class="text">${version}</td><td class="text">${source}</td></tr>\n`,
    )}</tbody></table>`;
}
