import { createHash } from "node:crypto";
import type { DrillRecord } from "../drill/record.ts";
import { cleanup, headline } from "./console.ts";
import { type Content, Markup, markup } from "./markup.ts";
import { dataLost, lostWithinRpo, restoreTimes } from "./page/charts.ts";
import { failuresSection } from "./page/failures.ts";
import { figuresSection } from "./page/figures.ts";
import { style } from "./page/style.ts";
import { checksTable, databasesTable, timeline, toolsTable } from "./page/tables.ts";
import { count, roundSeconds } from "./words.ts";

/** Nothing is loaded and no script runs, whatever a database's content might have smuggled in. */
const policy = `default-src 'none'; img-src data:; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** The report of a drill as one self-contained page: no network, no script; for the screen, dark or light, and for paper. */
export function renderHtml(record: DrillRecord): string {
    const passed = record.verdict === "passed";
    const verdict = passed ? "Passed" : "Failed";
    return `<!doctype html>\n${
        markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${verdict}: recovery drill ${record.runId}</title>
<link rel="icon" href="${icon(passed)}">
<style>${new Markup(style)}</style>
</head>
<body class="${record.verdict}">
<header>
<p class="over">Recovery drill · <time datetime="${record.startedAt}">${when(record.startedAt)}</time></p>
<h1>${verdict}</h1>
<p class="lead">${passed ? deed(record) : null}${capital(headline(record))}.</p>
</header>
<main>
${[
    figuresSection(record),
    failuresSection(record),
    section("checks", "What was checked", checksTable(record)),
    section("time", "Where the time went", timeline(record)),
    section("fleet", "How the fleet came back", charts(record)),
    section("databases", "Databases", databasesTable(record)),
    section("cost", "Cost", cost(record)),
    section("cleanup", "Clean-up", markup`<p class="text">${cleanup(record)}</p>`),
    section("tools", "Toolchain", toolsTable(record)),
]}
</main>
<footer><p>Run ${record.runId} · stack ${record.stack} · made from drill.json, which has every fact in full · the same choices again: <code>npm run drill -- --seed ${record.seed}</code></p></footer>
</body>
</html>`.text
    }\n`;
}

function section(id: string, title: string, content: Content): Markup | null {
    if (content === null) return null;
    return markup`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>
`;
}

function deed({ load }: DrillRecord): string {
    return load === null
        ? "Production was killed, without warning. "
        : "Production was killed while it was written to, without warning. ";
}

function charts(record: DrillRecord): Markup | null {
    const found = [restoreTimes(record), dataLost(record)].filter((chart) => chart !== null);
    if (found.length === 0) return null;
    return markup`<div class="charts">${found}</div>${young(record)}`;
}

/** How many slots were so young that nothing of them was in the bucket, and which. */
function young(record: DrillRecord): Markup | null {
    if (record.load === null) return null;
    const lost = lostWithinRpo(record);
    if (lost.length === 0) return markup`<p>No slot was lost within the RPO.</p>`;
    return markup`<p class="text"><strong>${count(lost.length)} ${lost.length === 1 ? "slot was" : "slots were"} lost within the RPO</strong>: created less than ${roundSeconds(record.rpo.targetSeconds)} before the disaster, with nothing uploaded yet. They count as data lost, not as restored: ${lost.map(({ id }, index) => markup`${index === 0 ? null : ", "}<span class="id">${id}</span>`)}.</p>`;
}

function cost({ cost: { drillUsd, monthlyUsd, budgetUsd } }: DrillRecord): Markup {
    const month =
        monthlyUsd === null
            ? "What the backups cost a month could not be estimated."
            : `Keeping these backups costs about $${monthlyUsd.toFixed(2)} a month at Backblaze B2, ${monthlyUsd > budgetUsd ? "above" : "within"} the budget of $${budgetUsd}.`;
    return markup`<p>This drill cost $${drillUsd.toFixed(2)}. ${month}</p>`;
}

/** "23 November 2026, 23:07 UTC". */
function when(at: string): string {
    const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(new Date(at));
    return `${date}, ${at.slice(11, 16)} UTC`;
}

function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

function icon(passed: boolean): string {
    const colour = passed ? "%231f7a45" : "%23b3261e";
    return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='${colour}'/></svg>`;
}
