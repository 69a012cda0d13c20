import type { DatabaseOutcome, DrillRecord } from "../../drill/record.ts";
import { type Markup, markup } from "../markup.ts";
import { count, roundSeconds, seconds, size } from "../words.ts";
import { across, down, linearTicks, logarithmic, plot, roundUp } from "./svg.ts";

/** Restore time against size, a dot for each database that was restored; null when there was none. */
export function restoreTimes({ databases }: DrillRecord): Markup | null {
    const restored = databases.filter((database) => database.bytes > 0 && database.restoreSeconds > 0);
    if (restored.length === 0) return null;
    const bytes = logarithmic(
        restored.map((database) => database.bytes),
        4,
        (value) => size(value).replace(".0 ", " "),
    );
    const slowest = highest(restored, (database) => database.restoreSeconds);
    const largest = highest(restored, (database) => database.bytes);
    const top = slowest.restoreSeconds * 1.08;
    const sorted = restored.map((database) => database.restoreSeconds).sort((a, b) => a - b);
    const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
    const told = (database: DatabaseOutcome) =>
        `${database.id} (${size(database.bytes)}), took ${fine(database.restoreSeconds)}`;
    const extremes =
        slowest === largest
            ? `The slowest, also the largest, ${told(slowest)}.`
            : `The slowest, ${told(slowest)}; the largest, ${told(largest)}.`;
    const caption = `Half of the databases were restored in ${fine(median)} or less. ${extremes}`;
    const dots = restored.map(
        (database) =>
            markup`<circle class="${database.status === "failed" ? "bad" : "dot"}" cx="${across(bytes.place(database.bytes))}" cy="${down(database.restoreSeconds / top)}" r="3.5"><title>${database.id}: ${size(database.bytes)} in ${fine(database.restoreSeconds)}</title></circle>\n`,
    );
    const y = linearTicks(top, 4, roundSeconds);
    const title = "Restore time against size";
    return figure(
        title,
        plot({ id: "restore-times", title, description: caption, x: bytes.ticks, y, marks: dots }),
        caption,
    );
}

/** How many databases lost how many seconds, with the target; null when no loss was measured. */
export function dataLost({ databases, rpo }: DrillRecord): Markup | null {
    const measured = databases.filter((database) => database.lagSeconds !== null);
    if (measured.length === 0) return null;
    const lags = measured.map((database) => database.lagSeconds ?? 0);
    const worst = highest(measured, (database) => database.lagSeconds ?? 0);
    const right = Math.max(rpo.targetSeconds, worst.lagSeconds ?? 0, 0.001) * 1.03;
    const step = roundUp(right / 32);
    const bins = Array.from({ length: Math.ceil(right / step) }, (_, index) => ({
        from: index * step,
        lost: lags.filter((lag) => Math.min(Math.floor(lag / step), Math.ceil(right / step) - 1) === index).length,
    }));
    const top = highest(bins, (bin) => bin.lost).lost * 1.08;
    const bars = bins
        .filter((bin) => bin.lost > 0)
        .map(({ from, lost }) => {
            const late = from >= rpo.targetSeconds;
            const y = down(lost / top);
            return markup`<rect class="${late ? "bad" : "bar"}" x="${across(from / right)}" y="${y}" width="${across(Math.min(step, right - from) / right)}" height="${down(0) - y}"><title>${roundSeconds(from)} to ${roundSeconds(from + step)}: ${count(lost)}</title></rect>\n`;
        });
    const target = across(rpo.targetSeconds / right);
    const none = lags.filter((lag) => lag === 0).length;
    const late = lags.filter((lag) => lag > rpo.targetSeconds).length;
    const caption = `${count(none)} of ${count(measured.length)} databases lost nothing, half at most ${seconds(rpo.p50Seconds)}; the worst, ${worst.id}, lost the last ${seconds(worst.lagSeconds)} before the disaster. ${late === 0 ? `None is beyond the target of ${roundSeconds(rpo.targetSeconds)}.` : `${count(late)} beyond the target of ${roundSeconds(rpo.targetSeconds)}.`}`;
    const title = "Seconds of data lost, by number of databases";
    return figure(
        title,
        plot({
            id: "data-lost",
            title,
            description: caption,
            x: linearTicks(right, 5, roundSeconds),
            y: linearTicks(top, 4, count).filter((tick) => !tick.label.includes(".")),
            marks: [
                ...bars,
                markup`<line class="target" x1="${target}" x2="${target}" y1="0" y2="${down(0)}"/><text class="note" x="${target}" dx="-6" y="12" text-anchor="end">target ${roundSeconds(rpo.targetSeconds)}</text>`,
            ],
        }),
        caption,
    );
}

function figure(title: string, picture: Markup, caption: string): Markup {
    return markup`<figure><h3>${title}</h3>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** "0.13 s": a single restore is often a fraction of a second. */
function fine(value: number): string {
    return value < 10 ? `${value.toFixed(2)} s` : seconds(value);
}

function highest<T>(all: readonly T[], of: (one: T) => number): T {
    return all.reduce((best, one) => (of(one) > of(best) ? one : best));
}

/** The databases that were lost within the RPO: too young to have been uploaded. */
export function lostWithinRpo({ databases }: DrillRecord): DatabaseOutcome[] {
    return databases.filter((database) => database.status === "lost-within-rpo");
}
