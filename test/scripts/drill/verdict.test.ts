import assert from "node:assert/strict";
import fc from "fast-check";
import { lossOf, parseRanges } from "../../../scripts/drill/checks/losses.ts";
import type { DatabaseWrites, Evidence } from "../../../scripts/drill/evidence.ts";
import { untouched } from "../../../scripts/drill/evidence.ts";
import { judge } from "../../../scripts/drill/verdict.ts";
import { EMPTY_REPLICA } from "../../../scripts/fleet/restore-plan.ts";
import type { DatabaseResult, FleetResult } from "../../../scripts/fleet/result.ts";

const killedAt = 1_800_000_000_000;

function database(id: string, changes: Partial<DatabaseResult> = {}): DatabaseResult {
    return {
        id,
        kind: id === "global" ? "global" : "slot",
        status: "restored",
        problem: null,
        bytes: 1000,
        txid: "0000000000000005",
        restorePointAt: killedAt - 1000,
        ltxFiles: 3,
        restoreSeconds: 0.2,
        finishedAt: killedAt + 20_000,
        integrity: [],
        foreignKeyViolations: 0,
        schemaHash: "schema",
        tables: [{ name: "actions", rows: 13 }],
        digest: null,
        probes:
            id === "global"
                ? { canary: 1, users: 100 }
                : { sequences: "1-3", newestAuditAt: killedAt - 2000, actionCount: 13 },
        probeErrors: {},
        verifySeconds: 0.1,
        ...changes,
    };
}

function result(changes: Partial<FleetResult> = {}): FleetResult {
    return {
        version: 1,
        startedAt: killedAt + 5000,
        finishedAt: killedAt + 20_000,
        complete: true,
        catalog: { active: ["a"], refused: [], problem: null },
        databases: [database("global"), database("a")],
        unexpected: [],
        ...changes,
    };
}

const written: DatabaseWrites = {
    ...untouched,
    acknowledged: [9000, 6000, 3000, 1000].map((ago, index) => ({
        seq: index + 1,
        sentAt: killedAt - ago,
        ackedAt: killedAt - ago + 2,
    })),
};

function evidence(changes: Partial<Evidence> = {}): Evidence {
    const baseline = (id: string, probes: Record<string, number>) => ({
        id,
        schemaHash: "schema",
        digest: "rows",
        tables: [],
        probes,
        problem: null,
    });
    return {
        rpoSeconds: 15,
        killedAt,
        recoveredAt: killedAt + 30_000,
        result: result(),
        baseline: [
            baseline("global", { users: 100 }),
            baseline("a", { actionCount: 10, newestAuditAt: killedAt - 90_000 }),
        ],
        writes: new Map([["a", written]]),
        replicated: { askedAt: killedAt - 4000, ids: ["global", "a"] },
        appAnswers: [{ ask: "read", slot: "a", expected: "x", actual: "x", ok: true }],
        readerWrite: { refused: true, answer: "AccessDenied" },
        seed: 1,
        ...changes,
    };
}

/** The ids of the checks that failed, each with the database it names. */
function failed(changes: Partial<Evidence>): string[] {
    const judged = judge(evidence(changes));
    const names = judged.checks
        .filter((check) => check.status === "failed")
        .map((check) => `${check.id} ${check.database ?? "fleet"}`);
    assert.equal(judged.verdict, names.length === 0 ? "passed" : "failed");
    return names;
}

/** The fleet's result with the slot changed. */
const slot = (changes: Partial<DatabaseResult>) => ({
    result: result({ databases: [database("global"), database("a", changes)] }),
});

describe("the verdict of a drill", () => {
    it("passes a recovery that lost the last seconds only, and measures them", () => {
        const judged = judge(evidence());
        assert.deepEqual(
            judged.checks.filter((check) => check.status !== "passed"),
            [],
        );
        assert.equal(judged.verdict, "passed");
        assert.equal(judged.rpo.worstSeconds, 1);
        assert.equal(judged.rto.fleetSeconds, 30);
        assert.equal(judged.databases.find((found) => found.id === "a")?.lostWrites, 1);
    });

    it("names a database that could not be restored, and keeps judging the others", () => {
        assert.deepEqual(
            failed(
                slot({ status: "failed", problem: { message: "no replica", hint: "" }, schemaHash: null, probes: {} }),
            ),
            ["coverage a"],
        );
    });

    it("fails when no slot was restored at all", () => {
        const nothing = judge(
            evidence({
                result: result({
                    catalog: { active: [], refused: [], problem: null },
                    databases: [database("global")],
                }),
            }),
        );
        assert.equal(nothing.verdict, "failed");
    });

    it("fails without a result", () => {
        assert.equal(judge(evidence({ result: null, appAnswers: [] })).verdict, "failed");
    });

    it("names an unsafe slot id and a database that the catalog does not know", () => {
        const changes = {
            result: result({
                catalog: { active: ["a"], refused: [{ id: "../x", reason: "path" }], problem: null },
                unexpected: ["b.db"],
            }),
        };
        assert.deepEqual(failed(changes), ["coverage ../x", "coverage b.db", "catalog ../x"]);
    });

    it("names a damaged database", () => {
        assert.deepEqual(failed(slot({ integrity: ["row 3 missing from index"] })), ["integrity a"]);
    });
    it("names dangling references", () => {
        assert.deepEqual(failed(slot({ foreignKeyViolations: 2 })), ["foreign-keys a"]);
    });
    it("names another schema", () => {
        assert.deepEqual(failed(slot({ schemaHash: "other" })), ["schema a"]);
    });

    it("names rows missing from the middle although the count of lost writes is small", () => {
        const probes = { sequences: "1,3", newestAuditAt: killedAt - 2000, actionCount: 12 };
        assert.deepEqual(failed(slot({ probes })), ["acknowledged-writes a", "random-slot a"]);
    });

    it("names rows of another slot", () => {
        const probes = { sequences: "1-3,77", newestAuditAt: killedAt - 2000, actionCount: 14 };
        assert.deepEqual(failed(slot({ probes })), ["acknowledged-writes a"]);
    });

    it("names a restore older than the RPO by its writes and its audit log", () => {
        const old = {
            ...written,
            acknowledged: written.acknowledged.map((write) => ({ ...write, sentAt: write.sentAt - 60_000 })),
        };
        const probes = { sequences: "1", newestAuditAt: killedAt - 69_000, actionCount: 11 };
        assert.deepEqual(failed({ ...slot({ probes }), writes: new Map([["a", old]]) }), [
            "acknowledged-writes a",
            "newest-audit a",
        ]);
    });

    it("is not alarmed by an idle slot, and compares its rows", () => {
        const idle = { writes: new Map([["global", untouched]]), appAnswers: null };
        const same = slot({ probes: { newestAuditAt: killedAt - 90_000 }, digest: "rows" });
        assert.deepEqual(failed({ ...idle, ...same }), []);
        const other = slot({ probes: { newestAuditAt: killedAt - 90_001 }, digest: "others" });
        assert.deepEqual(failed({ ...idle, ...other }), ["rows a", "newest-audit a"]);
    });

    it("names a missing canary and a user count out of production's range", () => {
        const databases = [database("global", { probes: { canary: 0, users: 99 } }), database("a")];
        assert.deepEqual(failed({ result: result({ databases }) }), ["canary global", "user-count global"]);
    });

    it("names a slot that Litestream did not replicate, but not one just created", () => {
        const replicated = { askedAt: killedAt - 4000, ids: ["global"] };
        assert.deepEqual(failed({ replicated }), ["replication-config a"]);
        const created = { sentAt: killedAt - 6000, ackedAt: killedAt - 5990 };
        assert.deepEqual(failed({ replicated, writes: new Map([["a", { ...written, created }]]) }), []);
    });

    it("accepts the loss of a slot created within the RPO as lost data, not as a passed restore", () => {
        const created = { sentAt: killedAt - 4000, ackedAt: killedAt - 3990 };
        const gone = slot({
            status: "failed",
            problem: { message: EMPTY_REPLICA, hint: "" },
            schemaHash: null,
            probes: {},
        });
        const others = result({
            catalog: { active: ["a", "b"], refused: [], problem: null },
            databases: [...gone.result.databases, database("b", { probes: {} })],
        });
        const judged = judge(
            evidence({
                result: others,
                writes: new Map([
                    ["a", { ...written, created }],
                    ["b", { ...untouched, created }],
                ]),
            }),
        );
        assert.deepEqual(
            judged.checks.filter((check) => check.status === "failed"),
            [],
        );
        assert.equal(judged.databases.find((found) => found.id === "a")?.status, "lost-within-rpo");
        assert.equal(judged.rpo.worstSeconds, 4);
    });

    it("does not take a replica that is damaged for one that was never uploaded, however young the slot", () => {
        const created = { sentAt: killedAt - 4000, ackedAt: killedAt - 3990 };
        const damaged = slot({
            status: "failed",
            problem: { message: "litestream restore: file checksum mismatch", hint: "" },
            schemaHash: null,
            probes: {},
        });
        const writes = new Map([
            ["a", { ...written, created }],
            ["global", written],
        ]);
        const databases = [database("global", { probes: { sequences: "1-3" } }), ...damaged.result.databases.slice(1)];
        assert.deepEqual(failed({ result: result({ databases }), writes }), ["coverage a"]);
        assert.deepEqual(failed({ result: result({ databases: databases.slice(0, 1) }), writes }), ["coverage a"]);
    });

    it("names a database that cannot answer what is asked of it, with or without an original", () => {
        const empty = { probes: {}, probeErrors: { sequences: "no such table: actions (SQLITE_ERROR)" } };
        assert.deepEqual(failed(slot(empty)), ["probes a"]);
        const baseline = evidence().baseline.slice(0, 1);
        const created = { sentAt: killedAt - 60_000, ackedAt: killedAt - 59_990 };
        const writes = new Map([["a", { ...written, created }]]);
        assert.deepEqual(failed({ ...slot(empty), baseline, writes }), ["probes a"]);
        assert.deepEqual(failed({ ...slot({ probes: {} }), baseline, writes }), ["acknowledged-writes a"]);
    });

    it("fails a drill of an app that acknowledged no write to a slot", () => {
        const idle = slot({ probes: { newestAuditAt: killedAt - 90_000, actionCount: 10 }, digest: "rows" });
        const writes = new Map([["global", { ...untouched, uncertain: [1] }]]);
        assert.deepEqual(failed({ ...idle, writes }), ["acknowledged-writes fleet"]);
    });

    it("names rows from before the load that are missing, in every slot and not the chosen one alone", () => {
        const probes = { sequences: "1-3", newestAuditAt: killedAt - 2000, actionCount: 11 };
        assert.deepEqual(failed(slot({ probes })), ["acknowledged-writes a", "random-slot a"]);
    });

    it("fails when staging's key could write, and when the app does not answer", () => {
        assert.deepEqual(failed({ readerWrite: { refused: false, answer: "accepted" } }), ["reader-key fleet"]);
        assert.deepEqual(failed({ appAnswers: [] }), ["app-answers fleet"]);
    });

    it("fails when production's catalog came back at another moment", () => {
        const gone = { sentAt: killedAt - 40_000, ackedAt: killedAt - 39_990 };
        assert.deepEqual(failed({ writes: new Map([["a", { ...written, deactivated: gone }]]) }), ["catalog a"]);
        assert.deepEqual(
            failed({
                writes: new Map([
                    ["a", written],
                    ["c", { ...untouched, created: gone }],
                ]),
            }),
            ["catalog c"],
        );
    });
});

describe("the loss of a restored database", () => {
    it("counts exactly the acknowledged writes after any cut, without holes", () => {
        fc.assert(
            fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 50 }), fc.nat(50), (gaps, cut) => {
                let sentAt = killedAt;
                const acknowledged = gaps
                    .map((gap, index) => ({ seq: gaps.length - index, sentAt: (sentAt -= gap), ackedAt: sentAt }))
                    .reverse();
                const kept = acknowledged.slice(0, cut);
                const loss = lossOf(
                    { ...untouched, acknowledged },
                    kept.map((write) => write.seq),
                    killedAt,
                );
                const lost = acknowledged.slice(cut);
                assert.deepEqual(loss.lost, lost);
                assert.equal(loss.lagSeconds, lost[0] === undefined ? 0 : (killedAt - lost[0].sentAt) / 1000);
                assert.deepEqual([loss.holes, loss.foreign], [[], []]);
            }),
        );
    });
});

describe("a probe's sequence ranges", () => {
    it("are read back as numbers", () => {
        assert.deepEqual(parseRanges("1-3,7"), [1, 2, 3, 7]);
        assert.deepEqual(parseRanges(["1-2", 5]), [1, 2, 5]);
        assert.deepEqual(parseRanges(null), []);
        assert.equal(parseRanges("many"), null);
    });
});
