import type { Advice, Change } from "./advice.ts";
import type { Estimate } from "./estimate.ts";

/** An amount in USD with cents; what is less than a cent and not nothing is said to be so. */
export function dollars(usd: number): string {
    if (usd > 0 && usd < 0.005) return "< $0.01";
    return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Over its budget: by how much, and what brings it under, in lines for people; none within it. */
export function warningOn({ monthlyUsd, budgetUsd, tariff }: Estimate, advice: Advice): string[] {
    if (monthlyUsd <= budgetUsd) return [];
    const { enough, together, keepsBudget } = advice;
    const over = `These backups cost about ${dollars(monthlyUsd)} a month at ${tariff.name}: more than slotkeeper:cost budgetUsd, ${dollars(budgetUsd)}.`;
    const [only] = enough;
    const lines = [over];
    if (only !== undefined)
        lines.push(enough.length === 1 ? "One setting brings it under:" : "Any one of these brings it under:");
    lines.push(...enough.map((change) => `  ${changeText(change)}`));
    if (together.length > 0) {
        lines.push(
            keepsBudget
                ? `${only === undefined ? "No single setting" : "No other single setting"} does; these do together:`
                : "Nothing known here brings it under; the most that helps:",
        );
        lines.push(...together.map((change, index) => `  ${index === 0 ? "" : "and "}${changeText(change)}`));
    }
    if (lines.length === 1) lines.push("Nothing known here brings it down: smaller databases, or a larger budget.");
    return lines;
}

function changeText({ knob, from, to, monthlyUsd, price }: Change): string {
    return `slotkeeper:${knob.replace(".", " ")}: ${from} → ${to} gives ${dollars(monthlyUsd)} (the price: ${price})`;
}
