import { type CostInput, estimate } from "./estimate.ts";

/** One setting changed, and what the month costs with it. */
export interface Change {
    /** As the stack's configuration names it, without `slotkeeper:`. */
    readonly knob:
        "rpoSeconds" | "storage.backend" | "storage.keepDeletedDays" | "storage.lifecycle" | "cost.snapshots";
    readonly from: string;
    readonly to: string;
    readonly monthlyUsd: number;
    /** What is given up for it. */
    readonly price: string;
}

/** What brings an estimate under its budget. */
export interface Advice {
    /** Each is enough by itself. */
    readonly enough: readonly Change[];
    /**
     * Where no setting is enough but another store: all those that help, one after another, each with what the month
     * costs when the ones before it are made, too. With another store only where nothing else suffices.
     */
    readonly together: readonly Change[];
    /** Whether something of the above keeps the budget. */
    readonly keepsBudget: boolean;
}

interface Step {
    readonly input: CostInput;
    readonly change: Omit<Change, "monthlyUsd">;
}

/** Advice on an estimate: each figure in it is the estimate of a stack so changed. */
export function advise(input: CostInput): Advice {
    if (fits(input)) return { enough: [], together: [], keepsBudget: true };
    const enough = [...settings, backend]
        .map((steps) => steps(input).find(({ input }) => fits(input)))
        .filter((step) => step !== undefined)
        .map(({ input, change }) => ({ ...change, monthlyUsd: usd(input) }));
    if (enough.some(({ knob }) => knob !== "storage.backend")) return { enough, together: [], keepsBudget: true };
    const here = turn(input, settings);
    if (here.keepsBudget || enough.length > 0)
        return { enough, together: here.keepsBudget ? here.together : [], keepsBudget: true };
    return { enough, ...turn(input, [backend, ...settings]) };
}

/** Turns one knob after another as far as it helps, until the budget is kept or there is none left. */
function turn(input: CostInput, knobs: readonly Knob[]): Pick<Advice, "together" | "keepsBudget"> {
    const together: Change[] = [];
    let at = input;
    for (const steps of knobs) {
        if (fits(at)) break;
        const possible = steps(at);
        const best = possible.find(({ input }) => fits(input)) ?? cheapest(possible);
        if (best === undefined || usd(best.input) >= usd(at)) continue;
        at = best.input;
        together.push({ ...best.change, monthlyUsd: usd(at) });
    }
    return { together, keepsBudget: fits(at) };
}

function cheapest(steps: readonly Step[]): Step | undefined {
    return steps.reduce<Step | undefined>(
        (best, step) => (best === undefined || usd(step.input) < usd(best.input) ? step : best),
        undefined,
    );
}

const usd = (input: CostInput) => estimate(input).monthlyUsd;
const fits = (input: CostInput) => usd(input) <= input.cost.budgetUsd;

/** Litestream's interval grows with the RPO up to here (render/litestream-yml.ts); more saves nothing. */
const LAST_RPO = 90;

type Knob = (input: CostInput) => Step[];

function backend(input: CostInput): Step[] {
    if (input.backend === "b2") return [];
    // Prices that are stated are those of the store that is left.
    const cost = { ...input.cost, prices: undefined };
    const to: CostInput = { ...input, backend: "b2", region: undefined, tariff: undefined, lifecycle: true, cost };
    return [step(to, "storage.backend", input.backend, "b2", "a move to another store")];
}

/** Each setting's values, the one that gives up least first. */
const settings: readonly Knob[] = [
    function lifecycle(input) {
        if (input.lifecycle !== false) return [];
        const price = "nothing, where the store takes lifecycle rules";
        return [step({ ...input, lifecycle: true }, "storage.lifecycle", "false", "true", price)];
    },
    function rpo(input) {
        const { rpoSeconds } = input;
        return range(rpoSeconds + 1, LAST_RPO)
            .filter((seconds) => seconds % 3 === 0)
            .map(
                (seconds) =>
                step({ ...input, rpoSeconds: seconds }, "rpoSeconds", String(rpoSeconds), String(seconds), `up to ${seconds} s of data lost`), // prettier-ignore
            );
    },
    function keepDeleted(input) {
        const { keepDeletedDays: days } = input;
        if (input.lifecycle === false) return [];
        return range(1, days - 1)
            .reverse()
            .map(
                (to) =>
                step({ ...input, keepDeletedDays: to }, "storage.keepDeletedDays", String(days), String(to), `${to} ${to === 1 ? "day" : "days"} to bring back what was deleted`), // prettier-ignore
            );
    },
    function snapshots(input) {
        const { daily, weekly, monthly } = input.cost.snapshots;
        const fewer = [
            ...range(0, monthly - 1).map((to) => ({ daily, weekly, monthly: to })).reverse(),
            ...range(0, weekly - 1).map((to) => ({ daily, weekly: to, monthly: 0 })).reverse(),
            ...range(1, daily - 1).map((to) => ({ daily: to, weekly: 0, monthly: 0 })).reverse(),
        ]; // prettier-ignore
        const text = (kept: typeof input.cost.snapshots) => `${kept.daily} daily, ${kept.weekly} weekly, ${kept.monthly} monthly`; // prettier-ignore
        return fewer.map(
            (to) =>
            step({ ...input, cost: { ...input.cost, snapshots: to } }, "cost.snapshots", text(input.cost.snapshots), text(to), "older snapshots"), // prettier-ignore
        );
    },
];

function step(input: CostInput, knob: Change["knob"], from: string, to: string, price: string): Step {
    return { input, change: { knob, from, to, price } };
}

function range(first: number, last: number): number[] {
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
