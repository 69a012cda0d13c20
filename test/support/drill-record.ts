import { type Check, type DatabaseOutcome, type DrillRecord, newRecord } from "../../scripts/drill/record.ts";

const startedAt = new Date("2026-11-07T09:00:00.000Z");

/** The record of a drill that passed, of a fleet with that many slots; the same for the same number. */
export function passedRecord(slots: number): DrillRecord {
    const record = newRecord({ stack: "local-staging", seed: 42, startedAt });
    const databases = [
        outcome("global", 0),
        ...Array.from({ length: slots }, (_, index) => outcome(slotId(index), index)),
    ];
    return {
        ...record,
        runId: "20261107T090000Z",
        verdict: "passed",
        finishedAt: "2026-11-07T09:01:20.000Z",
        toolchain: [{ name: "litestream", version: "0.5.18", source: "download" }],
        fleet: { databases: slots + 1, slots, bytes: databases.reduce((sum, { bytes }) => sum + bytes, 0) },
        load: { seconds: 30, acknowledged: 1484, lost: 145, slotsWritten: slots, created: 7, deactivated: 7 },
        phases: [
            phase("production", 0, 16),
            phase("load", 16, 30),
            phase("disaster", 46, 1),
            phase("recovery", 47, 23),
        ],
        databases,
        checks: databases.flatMap(({ id }) => ["coverage", "integrity", "schema"].map((check) => passed(check, id))),
        rpo: { targetSeconds: 15, worstSeconds: 4.011, p50Seconds: 1.187 },
        rto: { targetSeconds: 900, fleetSeconds: 23.532, slotWorstSeconds: 19.688, slotP50Seconds: 15.381 },
        cost: { drillUsd: 0, monthlyUsd: 1.25, budgetUsd: 10 },
        cleanup: { destroyed: true, kept: false, leftovers: [] },
    };
}

/** The record of a failed drill: each way in which a check, a database or the clean-up can end badly is in it. */
export function failedRecord(slots = 20): DrillRecord {
    const record = passedRecord(slots);
    const spoil = (index: number, changes: Partial<DatabaseOutcome>) => {
        Object.assign(record.databases[index] ?? {}, changes);
    };
    spoil(1, { status: "failed", problem: "integrity: row 3 missing from index" });
    spoil(2, { status: "failed", problem: "no replica", bytes: 0, restoreSeconds: 0, txid: null, lagSeconds: null });
    spoil(3, { status: "lost-within-rpo", problem: "too young", bytes: 0, restoreSeconds: 0, txid: null });
    spoil(4, { status: "failed", problem: "schema: unknown", lagSeconds: 40 });
    record.verdict = "failed";
    record.rpo.worstSeconds = 40;
    record.checks.push(
        problem("integrity", slotId(0), "failed"),
        problem("integrity", slotId(5), "failed"),
        problem("schema", slotId(3), "inconclusive"),
        { ...passed("canary", "global"), status: "not-run", actual: "your own databases have no canary" },
    );
    record.cleanup = { destroyed: false, kept: false, leftovers: ["process 4711"] };
    return record;
}

/** Ids and texts that a database could hold to break out of a report. */
export const hostileTexts = [
    `<script>document.title = "owned"</script>`,
    `"><img src=x onerror='document.title="owned"'>`,
    `' onmouseover='x`,
    `]]></failure><!-- &amp; &#0;`,
    `a\nslotkeeper_drill_passed 1\r\tb`,
    `nul\u0000bell\u0007esc\u001b[31mc1\u0085`,
    `lone\ud800surrogate\uffff`,
    `reversed\u202egpj.exe`,
    `back\\slash`,
    `| a | \`b\` |`,
];

/** A failed record in which every text that comes from outside is hostile. */
export function hostileRecord(): DrillRecord {
    const record = failedRecord();
    hostileTexts.forEach((text, index) => {
        const database = record.databases[index];
        if (database !== undefined) Object.assign(database, { id: text, problem: text });
        record.checks.push(
            { id: "integrity", database: text, status: "failed", expected: text, actual: text, remedy: text },
            { id: text, database: text, status: "inconclusive", expected: text, actual: text, remedy: text },
            { id: "rows", database: text, status: "not-run", expected: text, actual: text, remedy: "" },
        );
    });
    const all = hostileTexts.join("\n");
    record.failure = { kind: "remote", message: all, hint: all };
    record.stack = all;
    record.toolchain = [{ name: all, version: all, source: all }];
    record.cleanup.leftovers = [...hostileTexts];
    return record;
}

function outcome(id: string, index: number): DatabaseOutcome {
    const spread = (index * 7919) % 1000;
    return {
        id,
        kind: id === "global" ? "global" : "slot",
        bytes: index % 20 === 0 ? 5_000_000 + spread * 15_000 : 100_000 + spread * 300,
        txid: (index + 5).toString(16).padStart(16, "0"),
        restorePointAt: null,
        restoreSeconds: 0.1 + spread / 5000,
        lagSeconds: index % 4 === 0 ? 0 : spread / 250,
        lostWrites: index % 4 === 0 ? 0 : 1,
        status: "restored",
        problem: null,
    };
}

function slotId(index: number): string {
    return `slot_${(0x10000000 + index * 7919).toString(16)}`;
}

function phase(name: string, from: number, seconds: number): DrillRecord["phases"][number] {
    return { name, startedAt: new Date(startedAt.getTime() + from * 1000).toISOString(), seconds, status: "done" };
}

function passed(id: string, database: string): Check {
    return { id, database, status: "passed", expected: "as expected", actual: "as expected", remedy: "" };
}

function problem(id: string, database: string, status: Check["status"]): Check {
    return { id, database, status, expected: "ok", actual: `${id} is not ok`, remedy: `Mend ${id}.` };
}
