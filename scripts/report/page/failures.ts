import type { Check, DrillRecord } from "../../drill/record.ts";
import { cleanup } from "../console.ts";
import { type Markup, lines, markup } from "../markup.ts";
import { count, failures, meaning } from "../words.ts";

/** What did not go well and what to do about each of it; null when there is nothing. */
export function failuresSection(record: DrillRecord): Markup | null {
    const failed = failures(record);
    const groups = [...Map.groupBy(failed, ({ id, status, remedy }) => JSON.stringify([id, status, remedy])).values()];
    const blocks = [abortion(record), ...groups.map(group), unexplained(record, failed), leftovers(record)].filter(
        (block) => block !== null,
    );
    if (blocks.length === 0 && record.verdict === "passed") return null;
    return markup`<section aria-labelledby="todo"><h2 id="todo">What to do</h2>
${blocks.length === 0 ? markup`<p>No check failed, but the drill did not prove a recovery either: see how far it came below, and run it again.</p>` : blocks}</section>`;
}

function abortion({ failure, finishedAt, phases }: DrillRecord): Markup | null {
    if (failure !== null)
        return markup`<article class="failure"><h3>The drill was not carried to its end</h3>
<pre>${lines(failure.message)}</pre>
${todo(failure.hint)}</article>
`;
    if (finishedAt !== null) return null;
    return markup`<article class="failure"><h3>The drill has not ended</h3>
<p>Its record stops in the phase “${phases.at(-1)?.name ?? "setup"}”.</p>
${todo("Run it again; if it still runs, wait for its end.")}</article>
`;
}

/** The same check with the same remedy, however many databases it names: the remedy is read once. */
function group(checks: readonly Check[]): Markup {
    const [first] = checks;
    if (first === undefined) throw new Error("a group has at least one check");
    const name = meaning[first.id] ?? first.id;
    const common = checks.every((check) => check.expected === first.expected);
    const unsure = first.status === "inconclusive";
    const databases = new Set(checks.flatMap((check) => check.database ?? [])).size;
    const extent = databases === 0 ? "" : ` for ${count(databases)} ${databases === 1 ? "database" : "databases"}`;
    return markup`<article class="failure${unsure ? " unsure" : ""}"><h3>“${name}” ${unsure ? "is inconclusive" : "failed"}${extent}</h3>
${todo(first.remedy)}
${common ? markup`<p class="text">Expected: ${first.expected}</p>` : null}
<table><caption class="unseen">Where “${name}” did not pass</caption>
<thead><tr><th scope="col">Database</th>${common ? null : markup`<th scope="col">Expected</th>`}<th scope="col">Found</th></tr></thead>
<tbody>${checks.map(
        ({ database, expected, actual }) =>
            markup`<tr><th scope="row" class="id">${database ?? "the fleet"}</th>${common ? null : markup`<td class="text">${expected}</td>`}<td class="text">${actual}</td></tr>\n`,
    )}</tbody></table></article>
`;
}

/** Databases that failed without a check that says so. */
function unexplained({ databases }: DrillRecord, failed: readonly Check[]): Markup | null {
    const named = new Set(failed.map((check) => check.database));
    const rest = databases.filter((database) => database.status === "failed" && !named.has(database.id));
    if (rest.length === 0) return null;
    return markup`<article class="failure"><h3>Not restored: ${count(rest.length)}</h3>
<table><caption class="unseen">Databases that were not restored</caption>
<thead><tr><th scope="col">Database</th><th scope="col">Problem</th></tr></thead>
<tbody>${rest.map(
        ({ id, problem }) =>
            markup`<tr><th scope="row" class="id">${id}</th><td class="text">${problem ?? "no reason was given"}</td></tr>\n`,
    )}</tbody></table></article>
`;
}

function leftovers(record: DrillRecord): Markup | null {
    if (record.cleanup.leftovers.length === 0) return null;
    return markup`<article class="failure"><h3>Something of the drill is left on this machine</h3>
<p class="text">${cleanup(record)}</p>${todo("The next drill clears what an earlier one left; what it names again must be removed by hand.")}</article>
`;
}

function todo(text: string): Markup | null {
    return text === "" ? null : markup`<p class="remedy"><strong>What to do:</strong> ${text}</p>`;
}
