import * as pulumi from "@pulumi/pulumi";
import type { ProductionConfig } from "./config.ts";
import { advise } from "./cost/advice.ts";
import { type CostLine, estimate } from "./cost/estimate.ts";
import { costInputOf } from "./cost/input.ts";
import { warningOn } from "./cost/words.ts";

/** What a production stack's backups cost a month: its output `cost`. */
export interface MonthlyCost {
    readonly monthlyUsd: number;
    readonly budgetUsd: number;
    readonly lines: readonly CostLine[];
}

/** Estimates the month, in cents; over the budget, a preview or `up` warns and says which settings bring it down. */
export function monthlyCost(config: ProductionConfig): MonthlyCost {
    const input = costInputOf(config);
    const found = estimate(input);
    const warning = warningOn(found, advise(input));
    if (warning.length > 0) void pulumi.log.warn(warning.join("\n"));
    return {
        monthlyUsd: cents(found.monthlyUsd),
        budgetUsd: found.budgetUsd,
        lines: found.lines.map((line) => ({ ...line, monthlyUsd: cents(line.monthlyUsd) })),
    };
}

const cents = (usd: number) => Math.round(usd * 100) / 100;
