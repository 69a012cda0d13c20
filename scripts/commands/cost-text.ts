import type { CostLine, Estimate } from "../../components/cost/estimate.ts";
import { dollars } from "../../components/cost/words.ts";

/** The estimate as a table that can be read at a glance: the total first, then each line and what it comes from. */
export function costText({ tariff, monthlyUsd, budgetUsd, lines, outside, notes }: Estimate): string {
    const verdict = monthlyUsd <= budgetUsd ? "within" : "OVER";
    const heading = `About ${dollars(monthlyUsd)} a month at ${tariff.name}, ${verdict} the budget of ${dollars(budgetUsd)}`;
    const all = [...lines, ...outside];
    const item = Math.max(...all.map((line) => line.item.length));
    const usd = Math.max(...all.map((line) => dollars(line.monthlyUsd).length));
    const row = (line: CostLine) =>
        `  ${line.item.padEnd(item)}  ${dollars(line.monthlyUsd).padStart(usd)}  ${line.from}`;
    const { storage } = tariff;
    return [
        heading,
        "",
        ...lines.map(row),
        ...(outside.length > 0 ? ["", "Beside it:", ...outside.map(row)] : []),
        "",
        ...notes.map((note) => `Note: ${note}`),
        `${storage.readOn === "never" ? "" : `Prices: ${storage.source}, read ${storage.readOn}. `}How this is reckoned: docs/costs.md`,
    ].join("\n");
}
