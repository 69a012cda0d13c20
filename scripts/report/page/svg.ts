import { type Content, type Markup, markup } from "../markup.ts";

/** A mark on an axis: where, from 0 (left or bottom) to 1, and what it says. */
export interface Tick {
    readonly at: number;
    readonly label: string;
}

/** What a plot shows, in the reader's words. */
export interface Plot {
    readonly id: string;
    readonly title: string;
    /** All that the picture tells, for who does not see it. */
    readonly description: string;
    readonly x: readonly Tick[];
    readonly y: readonly Tick[];
    /** Drawn over the grid; horizontal places as `across`, vertical ones as `down`. */
    readonly marks: Content;
}

/** Height of the area between the axes, in pixels; its width is whatever the page gives it. */
const height = 200;

/** A horizontal place: a share of the width, so that a plot fits every page without its text being stretched. */
export function across(share: number): string {
    return `${Number((share * 100).toFixed(2))}%`;
}

/** A vertical place in pixels, from a share counted from below. */
export function down(share: number): number {
    return Number(((1 - share) * height).toFixed(1));
}

/** A plot with its grid and axes. Labels stand outside its box, where the style sheet leaves room for them. */
export function plot({ id, title, description, x, y, marks }: Plot): Markup {
    return markup`<svg class="plot" role="img" aria-labelledby="${id}-title ${id}-text" height="${height + 24}">
<title id="${id}-title">${title}</title>
<desc id="${id}-text">${description}</desc>
<g class="grid">${y.map(({ at }) => markup`<line x1="0" x2="100%" y1="${down(at)}" y2="${down(at)}"/>`)}</g>
<g class="ticks">${y.map(({ at, label }) => markup`<text x="-8" y="${down(at) + 4}" text-anchor="end">${label}</text>`)}${x.map(
        ({ at, label }) =>
            markup`<text x="${across(at)}" y="${height + 19}" text-anchor="middle">${label}</text><line x1="${across(at)}" x2="${across(at)}" y1="${height}" y2="${height + 5}"/>`,
    )}</g>
<line class="axis" x1="0" x2="100%" y1="${height}" y2="${height}"/>
${marks}
</svg>`;
}

/** The smallest of 1, 2, 5, 10, 20 … (and 0.1, 0.2, 0.5 …) that is not less than the value. */
export function roundUp(value: number): number {
    const power = 10 ** Math.floor(Math.log10(value));
    const factor = [1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) ?? 10;
    return factor * power;
}

/** Round numbers from 0 up to the top, at most `most` of them besides 0. */
export function linearTicks(top: number, most: number, label: (value: number) => string): Tick[] {
    if (top <= 0) return [];
    const step = roundUp(top / most);
    const steps = Math.floor(top / step + 1e-9);
    return Array.from({ length: steps + 1 }, (_, index) => ({ at: (index * step) / top, label: label(index * step) }));
}

/** A logarithmic axis over positive numbers: `place` gives a value's share, `ticks` at most `most` round values. */
export function logarithmic(values: readonly number[], most: number, label: (value: number) => string) {
    const low = Math.log10(values.reduce((least, value) => Math.min(least, value), Infinity)) - 0.1;
    const high = Math.log10(values.reduce((greatest, value) => Math.max(greatest, value), 0)) + 0.1;
    const place = (value: number) => (Math.log10(value) - low) / (high - low);
    const within = (factors: readonly number[]) => {
        const found: number[] = [];
        for (let power = Math.floor(low); power <= high; power++)
            found.push(...factors.map((factor) => factor * 10 ** power));
        return found.filter((value) => place(value) >= 0 && place(value) <= 1);
    };
    const candidates = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map(within);
    const chosen = candidates.find((found) => found.length <= most) ?? candidates[3] ?? [];
    return { place, ticks: chosen.map((value): Tick => ({ at: place(value), label: label(value) })) };
}
