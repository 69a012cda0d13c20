import type { DrillRecord } from "../drill/record.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

/**
 * The drill in the Prometheus text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), for
 * node_exporter's textfile collector or a push gateway. What was not measured has no sample, rather than a 0.
 */
export function renderMetrics(record: DrillRecord): string {
    const { rpo, rto, cost, fleet, load, cleanup, phases } = record;
    const started = Date.parse(record.startedAt);
    const finished = record.finishedAt === null ? null : Date.parse(record.finishedAt);
    const inSeconds = (milliseconds: number | null) => (milliseconds === null ? null : milliseconds / 1000);
    const stack = { stack: record.stack };
    const gauge = (name: string, help: string, ...samples: readonly Sample[]) =>
        family(
            name,
            help,
            samples.map(([labels, value]): Sample => [{ ...stack, ...labels }, value]),
        );
    return [
        gauge("info", "The drill this file tells of.", [{ run_id: record.runId }, 1]),
        gauge("passed", "1 when the drill passed, 0 when it failed.", [{}, record.verdict === "passed" ? 1 : 0]),
        gauge("started_timestamp_seconds", "When the drill began, in Unix time.", [{}, inSeconds(started)]),
        gauge("finished_timestamp_seconds", "When the drill ended, in Unix time.", [{}, inSeconds(finished)]),
        gauge("duration_seconds", "How long the whole drill took.", [
            {},
            finished === null ? null : inSeconds(finished - started),
        ]),
        gauge(
            "rpo_seconds",
            "Age at the disaster of the oldest acknowledged write that did not survive, over the databases.",
            [{ statistic: "worst" }, rpo.worstSeconds],
            [{ statistic: "median" }, rpo.p50Seconds],
        ),
        gauge("rpo_target_seconds", "The most data that may be lost, as an age.", [{}, rpo.targetSeconds]),
        gauge(
            "rto_seconds",
            "From the disaster until the fleet answers, verified, and until its slots were back.",
            [{ statistic: "fleet" }, rto.fleetSeconds],
            [{ statistic: "slot_worst" }, rto.slotWorstSeconds],
            [{ statistic: "slot_median" }, rto.slotP50Seconds],
        ),
        gauge("rto_target_seconds", "The longest a recovery may take.", [{}, rto.targetSeconds]),
        gauge(
            "databases",
            "Databases by what became of them.",
            ...outcomes.map((status): Sample => [
                { status },
                record.databases.filter((database) => database.status === status).length,
            ]),
        ),
        gauge("fleet_slots", "Active slots that production had.", [{}, fleet.slots]),
        gauge("fleet_bytes", "Size of the restored databases.", [{}, fleet.bytes]),
        gauge(
            "checks",
            "Checks by kind and by how they ended.",
            ...[...Map.groupBy(record.checks, ({ id }) => id)].flatMap(([check, found]) =>
                statuses.map((status): Sample => [
                    { check, status },
                    found.filter((one) => one.status === status).length,
                ]),
            ),
        ),
        gauge("writes_acknowledged", "Writes acknowledged before the disaster.", [{}, load?.acknowledged ?? null]),
        gauge("writes_lost", "Acknowledged writes that did not survive.", [{}, load?.lost ?? null]),
        gauge(
            "phase_seconds",
            "How long each phase took.",
            ...phases.map(({ name, seconds }): Sample => [{ phase: name }, seconds]),
        ),
        gauge("cost_usd", "What the drill cost.", [{}, cost.drillUsd]),
        gauge("backups_monthly_cost_usd", "Estimate of what the backups cost a month.", [{}, cost.monthlyUsd]),
        gauge("backups_monthly_budget_usd", "The most the backups may cost a month.", [{}, cost.budgetUsd]),
        gauge("destroyed", "1 when nothing of the drill is left.", [{}, cleanup.destroyed ? 1 : 0]),
        gauge("leftovers", "Things of the drill that could not be removed.", [{}, cleanup.leftovers.length]),
    ].join("");
}

const outcomes = ["restored", "lost-within-rpo", "failed"] as const;
const statuses = ["passed", "failed", "inconclusive", "not-run"] as const;

/** One metric with its samples; nothing when none was measured, nor a series twice: that would make the file invalid. */
function family(name: string, help: string, samples: readonly Sample[]): string {
    const full = `slotkeeper_drill_${name}`;
    const series = new Map<string, number>();
    for (const [labels, value] of samples) {
        if (value === null) continue;
        const key = `${full}{${Object.entries(labels)
            .map(([label, text]) => `${label}="${escapeLabel(text)}"`)
            .join(",")}}`;
        series.set(key, (series.get(key) ?? 0) + value);
    }
    if (series.size === 0) return "";
    return [
        `# HELP ${full} ${help}\n`,
        `# TYPE ${full} gauge\n`,
        ...[...series].map(([key, value]) => `${key} ${value}\n`),
    ].join("");
}

/** The three characters that the format escapes in a label's value; all others stand for themselves. */
function escapeLabel(text: string): string {
    return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
