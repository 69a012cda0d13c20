import type { Check, DrillRecord } from "../drill/record.ts";

/** "1.4 s", "2 min 5 s", "15 min"; a dash for what was not measured. */
export function seconds(value: number | null): string {
    if (value === null) return "–";
    if (value < 99.95) return `${value.toFixed(1)} s`;
    const whole = Math.round(value);
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A target or a tick of an axis, which are round: "15 s", "0.5 s", "15 min". */
export function roundSeconds(value: number): string {
    return value < 99.95 ? `${Number(value.toPrecision(3))} s` : seconds(value);
}

/** "480 KB", "1.2 GB". */
export function size(bytes: number): string {
    const units = ["B", "KB", "MB", "GB", "TB"];
    const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
    const value = bytes / 1000 ** power;
    return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? "B"}`;
}

/** "12,345". */
export function count(value: number): string {
    return value.toLocaleString("en-US");
}

/** The checks that did not pass, worst first. */
export function failures(record: DrillRecord): Check[] {
    const order = ["failed", "inconclusive", "not-run", "passed"];
    return record.checks
        .filter((check) => check.status === "failed" || check.status === "inconclusive")
        .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** One line for each kind of check: how many passed of how many. */
export function tally(record: DrillRecord): { id: string; passed: number; total: number; note: string }[] {
    return [...Map.groupBy(record.checks, (check) => check.id)].map(([id, checks]) => ({
        id,
        passed: checks.filter((check) => check.status === "passed").length,
        total: checks.filter((check) => check.status !== "not-run").length,
        note: checks.find((check) => check.status === "not-run")?.actual ?? "",
    }));
}

/** What each kind of check shows, in words for a founder. */
export const meaning: Readonly<Record<string, string>> = {
    coverage: "every active slot restored or accounted for",
    catalog: "the catalog is production's own",
    integrity: "full integrity check",
    "foreign-keys": "no dangling references",
    schema: "schema as in production",
    probes: "every question answered",
    rto: "back within the promised time",
    rows: "row for row as the original",
    "acknowledged-writes": "only the last seconds are missing",
    "newest-audit": "newest audit entry recent enough",
    "random-slot": "a random slot has exactly the actions expected",
    canary: "the canary user is there",
    "user-count": "user count in production's own range",
    "replication-config": "Litestream replicates exactly the catalog",
    "reader-key": "staging cannot write to the backups",
    current: "as new as production was when asked",
    "still-sound": "still sound with the app running",
    "app-answers": "the app answers from restored data",
    "app-read": "the app reads a restored slot",
    "app-write": "the app writes to a restored slot",
};
