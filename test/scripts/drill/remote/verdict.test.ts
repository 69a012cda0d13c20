import assert from "node:assert/strict";
import fc from "fast-check";
import type { RemoteEvidence } from "../../../../scripts/drill/remote/evidence.ts";
import type { ProductionView } from "../../../../scripts/drill/remote/production-view.ts";
import { judgeRemote } from "../../../../scripts/drill/remote/verdict.ts";
import { blankResult } from "../../../../scripts/fleet/restore.ts";
import type { DatabaseResult, FleetResult } from "../../../../scripts/fleet/result.ts";

const askedAt = 1_800_000_000_000;
const txid = (n: number) => n.toString(16).padStart(16, "0");

const database = (id: string, changes: Partial<DatabaseResult> = {}): DatabaseResult => ({
    ...blankResult({ id, kind: id === "global" ? "global" : "slot" }, askedAt + 60_000),
    status: "restored",
    bytes: 1000,
    txid: txid(9),
    restorePointAt: askedAt - 3_600_000,
    schemaHash: "schema",
    probes: id === "global" ? { canary: 1 } : { newestAuditAt: askedAt - 5000 },
    ...changes,
});
const fleet = (changes: Partial<FleetResult> = {}): FleetResult => ({
    version: 1,
    startedAt: askedAt + 40_000,
    finishedAt: askedAt + 60_000,
    complete: true,
    catalog: { active: ["a", "b"], refused: [], problem: null },
    databases: [database("global"), database("a"), database("b")],
    unexpected: [],
    ...changes,
});
const slotA = (changes: Partial<DatabaseResult>) => ({
    result: fleet({ databases: [database("global"), database("a", changes), database("b")] }),
});
const view = (changes: Partial<ProductionView> = {}) => ({
    production: {
        view: {
            askedAt,
            result: fleet({ startedAt: askedAt }),
            replicated: new Map([
                ["global", txid(9)],
                ["a", txid(9)],
                ["b", txid(9)],
            ]),
            ...changes,
        },
    },
});
const evidence = (changes: Partial<RemoteEvidence> = {}): RemoteEvidence => ({
    rpoSeconds: 15,
    startedAt: askedAt + 5000,
    recoveredAt: askedAt + 70_000,
    result: fleet(),
    verified: { verdict: "passed", databases: 3, restored: 3, bytes: 3000, recoverySeconds: 20, failed: [], more: 0 },
    ...view(),
    replicatedAfter: new Map(["global", "a", "b"].map((id) => [id, txid(12)])),
    app: { ok: true, answer: "status 404" },
    readerWrite: { refused: true, answer: "AccessDenied" },
    ...changes,
});

/** The checks that failed, as "id database"; the verdict must say the same. */
function failed(changes: Partial<RemoteEvidence>): string[] {
    const judged = judgeRemote(evidence(changes));
    const names = judged.checks.filter(({ status }) => status === "failed");
    assert.equal(judged.verdict, names.length === 0 ? "passed" : "failed");
    return names.map(({ id, database: name }) => `${id} ${name ?? "fleet"}`);
}
const notRun = (changes: Partial<RemoteEvidence>) =>
    judgeRemote(evidence(changes))
        .checks.filter(({ status }) => status === "not-run")
        .map(({ id }) => id);

describe("the verdict of a drill of production's backups", () => {
    it("passes a fleet that is back, and as new as production was when it was asked", () => {
        const judged = judgeRemote(evidence());
        assert.deepEqual(judged.checks.filter(({ status }) => status !== "passed"), []); // prettier-ignore
        assert.equal(judged.verdict, "passed");
        assert.equal(judged.rpo.worstSeconds, 0);
        assert.equal(judged.rto.fleetSeconds, 65);
        assert.equal(judged.fleet.slots, 2);
    });

    it("passes without production, and says what could not be compared", () => {
        const away = { production: { view: null, why: "production was not asked: no route" }, replicatedAfter: null };
        assert.deepEqual(failed(away), []);
        assert.deepEqual(notRun(away), ["catalog", "schema", "current", "replication-config"]);
        assert.equal(judgeRemote(evidence(away)).rpo.worstSeconds, null);
    });

    it("fails without a result, an active slot, or a restored one", () => {
        assert.deepEqual(failed({ result: null }), ["coverage fleet"]);
        const problem = { message: "the catalog names no active slot", hint: "" };
        const empty = fleet({ catalog: { active: [], refused: [], problem }, databases: [database("global")] });
        assert.ok(failed({ result: empty }).includes("coverage global"));
        assert.ok(failed(slotA({ status: "failed", schemaHash: null })).includes("coverage a"));
    });

    it("names a database that is not sound, has another schema, or cannot answer", () => {
        assert.deepEqual(failed(slotA({ integrity: ["row 3 missing"] })), ["integrity a"]);
        assert.deepEqual(failed(slotA({ foreignKeyViolations: 1 })), ["foreign-keys a"]);
        assert.deepEqual(failed(slotA({ schemaHash: "another" })), ["schema a"]);
        assert.deepEqual(failed(slotA({ probeErrors: { newestAuditAt: "no such table" } })), ["probes a"]);
        const other = database("global", { probes: { canary: 0 } });
        assert.deepEqual(failed({ result: fleet({ databases: [other, database("a"), database("b")] }) }), [
            "canary global",
        ]);
    });

    it("names a database that was restored older than production was, by more than the RPO", () => {
        const old = { txid: txid(7), restorePointAt: askedAt - 600_000 };
        assert.deepEqual(failed(slotA(old)), ["current a"]);
        const judged = judgeRemote(evidence(slotA(old)));
        assert.equal(judged.rpo.worstSeconds, 600);
        assert.match(judged.checks.find(({ id, status }) => id === "current" && status === "failed")?.actual ?? "", /transaction 7, where production was at 9: up to 600 s/); // prettier-ignore
        assert.deepEqual(failed(slotA({ probes: { newestAuditAt: askedAt - 60_000 } })), ["current a"]);
    });

    it("allows what the RPO allows", () => {
        assert.deepEqual(failed(slotA({ txid: txid(8), restorePointAt: askedAt - 10_000 })), []);
        assert.equal(
            judgeRemote(evidence(slotA({ txid: txid(8), restorePointAt: askedAt - 10_000 }))).rpo.worstSeconds,
            10,
        );
    });

    it("says nothing of what it cannot know: an early restore, a position that nobody told", () => {
        const soon = {
            databases: [database("global"), database("a", { txid: txid(7) }), database("b")],
            startedAt: askedAt + 3000,
        };
        assert.deepEqual(failed({ result: fleet(soon) }), []);
        assert.deepEqual(notRun({ result: fleet(soon) }), ["current"]);
        const silent = view({ replicated: new Map([["global", null], ["a", null], ["b", null]]) }); // prettier-ignore
        assert.deepEqual(notRun(silent), ["current"], "the slots have an audit log, the global database has not");
        assert.equal(judgeRemote(evidence(silent)).databases[0]?.lagSeconds, null);
    });

    it("never calls a restore current that is older than production, whatever the numbers", () => {
        fc.assert(
            fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 16, max: 10_000 }), (was, is, age) => {
                const now = slotA({ txid: txid(is), restorePointAt: askedAt - age * 1000 });
                const seen = view({ replicated: new Map([["global", txid(9)], ["a", txid(was)], ["b", txid(9)]]) }); // prettier-ignore
                assert.deepEqual(failed({ ...now, ...seen }), is < was ? ["current a"] : []);
            }),
        );
    });

    it("names a slot that production had all the time and the restored catalog has not", () => {
        const lost = fleet({
            catalog: { active: ["b"], refused: [], problem: null },
            databases: [database("global"), database("b")],
        });
        assert.ok(failed({ result: lost }).includes("catalog a"));
        const deactivated = new Map([["global", null], ["b", null]]); // prettier-ignore
        assert.deepEqual(failed({ result: lost, replicatedAfter: deactivated }), []);
    });

    it("names a slot that Litestream does not replicate, or needlessly does", () => {
        const short = new Map([["global", txid(9)], ["b", txid(9)]]); // prettier-ignore
        assert.deepEqual(failed({ ...view({ replicated: short }), replicatedAfter: short }), ["replication-config a"]);
        const more = new Map(["global", "a", "b", "old"].map((id) => [id, txid(9)]));
        assert.deepEqual(failed({ ...view({ replicated: more }), replicatedAfter: more }), ["replication-config old"]);
        // Created, or deactivated, between the two looks.
        assert.deepEqual(failed(view({ replicated: short })), []);
        assert.deepEqual(failed(view({ replicated: more })), []);
    });

    it("fails when staging's key can write, the app does not answer or spoils a database, or it took too long", () => {
        assert.deepEqual(failed({ readerWrite: { refused: false, answer: "accepted" } }), ["reader-key fleet"]);
        assert.deepEqual(failed({ app: { ok: false, answer: "status 500" } }), ["app-answers fleet"]);
        assert.deepEqual(failed({ recoveredAt: askedAt + 1_000_000 }), ["rto fleet"]);
        assert.deepEqual(failed({ recoveredAt: null }), ["rto fleet"]);
        const spoilt = { database: "a", check: "foreign-keys", problem: "1 row" };
        const verified = { ...evidence().verified, verdict: "failed", failed: [spoilt] } as RemoteEvidence["verified"];
        assert.deepEqual(failed({ verified }), ["still-sound a"]);
        assert.deepEqual(notRun({ app: null, readerWrite: null, verified: null }), ["still-sound", "reader-key", "app-answers"]); // prettier-ignore
    });
});
