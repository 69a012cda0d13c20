import type { DrillRecord } from "../../drill/record.ts";
import { type Markup, markup } from "../markup.ts";
import { lossOf } from "../console.ts";
import { count, roundSeconds, seconds } from "../words.ts";
import { across } from "./svg.ts";

interface Figure {
    readonly name: string;
    readonly value: string;
    /** The measured value as a share of the target; null when it was not measured. */
    readonly share: number | null;
    readonly target: string;
    readonly detail: string;
}

/** The four figures a founder looks for, each against its target. */
export function figuresSection(record: DrillRecord): Markup {
    return markup`<section aria-labelledby="figures"><h2 id="figures" class="unseen">Measured against the targets</h2>
<dl class="figures">${figuresOf(record).map(figure)}</dl></section>`;
}

function figuresOf(record: DrillRecord): Figure[] {
    const { rpo, rto, load, cost, production } = record;
    const share = (value: number | null, target: number) => (value === null ? null : value / target);
    return [
        {
            name: production === null ? "Data lost, worst" : "Behind production, worst",
            value: seconds(rpo.worstSeconds),
            share: share(rpo.worstSeconds, rpo.targetSeconds),
            target: `RPO target ${roundSeconds(rpo.targetSeconds)}`,
            detail:
                load === null
                    ? production === null
                        ? "nothing was written during this drill"
                        : "against what production said when it was asked"
                    : `${count(load.lost)} of ${count(load.acknowledged)} acknowledged writes; median ${seconds(rpo.p50Seconds)}`,
        },
        {
            name: "Whole fleet back",
            value: seconds(rto.fleetSeconds),
            share: share(rto.fleetSeconds, rto.targetSeconds),
            target: `RTO target ${roundSeconds(rto.targetSeconds)}`,
            detail: `from “${lossOf(record)}” to “app answers, all verified”`,
        },
        {
            name: "Slot back, worst",
            value: seconds(rto.slotWorstSeconds),
            share: share(rto.slotWorstSeconds, rto.targetSeconds),
            target: `RTO target ${roundSeconds(rto.targetSeconds)}`,
            detail: `half of them in ${seconds(rto.slotP50Seconds)}`,
        },
        {
            name: "Backups a month",
            value: cost.monthlyUsd === null ? "–" : `$${cost.monthlyUsd.toFixed(2)}`,
            share: share(cost.monthlyUsd, cost.budgetUsd),
            target: `budget $${cost.budgetUsd}`,
            detail: "estimate for Backblaze B2",
        },
    ];
}

function figure({ name, value, share, target, detail }: Figure): Markup {
    const missed = share !== null && share > 1;
    const filled = share === null ? 0 : Math.min(1, share);
    return markup`<div class="figure${missed ? " missed" : ""}"><dt>${name}</dt>
<dd class="value">${value}</dd>
<dd class="gauge"><svg aria-hidden="true" height="4"><rect class="track" width="100%" height="4"/><rect class="fill" width="${across(filled)}" height="4"/></svg></dd>
<dd><strong>${missed ? "above " : ""}${target}</strong><br>${share === null ? "not measured; " : ""}${detail}</dd></div>
`;
}
