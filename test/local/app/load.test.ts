import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { readLoadLog, startLoad } from "../../../local/app/load.ts";
import { Random } from "../../../local/app/random.ts";
import { Rota } from "../../../local/app/rota.ts";
import { temporaryFolder } from "../../support/app-data.ts";

function names(count: number): string[] {
    return Array.from({ length: count }, (_, number) => `slot${number}`);
}

describe("Rota", () => {
    it("gives each slot its turn once a round, and never an idle or a busy one", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (count, seed) => {
                const rota = new Rota(names(count), new Random(seed, "rota"));
                assert.equal(rota.idle.size, Math.floor(count / 10));
                for (let round = 0; round < 2; round += 1) {
                    const taken = Array.from({ length: rota.size }, () => rota.take());
                    assert.deepEqual([...taken, ...rota.idle].sort(), names(count).sort());
                    assert.equal(rota.take(), undefined);
                    for (const slot of taken) rota.release(slot ?? "");
                }
            }),
        );
    });

    it("goes on in order when a slot retires", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 3, max: 9 }),
                fc.integer({ min: 0, max: 8 }),
                fc.integer(),
                (count, turns, seed) => {
                    const rota = new Rota(names(count), new Random(seed, "rota"));
                    const round = Array.from({ length: count }, () => rota.take() ?? "");
                    for (const slot of round) rota.release(slot);
                    for (let turn = 0; turn < turns % count; turn += 1) rota.release(rota.take() ?? "");
                    const retired = rota.retire(new Random(seed, "retired"));
                    const rest = [...round.slice(turns % count), ...round.slice(0, turns % count)].filter(
                        (slot) => slot !== retired,
                    );
                    assert.deepEqual(
                        Array.from({ length: count - 1 }, () => rota.take()),
                        rest,
                    );
                },
            ),
        );
    });

    it("retires only a free slot, for good", () => {
        const rota = new Rota(names(3), new Random(1, "rota"));
        const busy = [rota.take(), rota.take()];
        const retired = rota.retire(new Random(1, "x"));
        assert.ok(retired !== undefined && !busy.includes(retired));
        assert.equal(rota.retire(new Random(1, "x")), undefined);
        for (const slot of busy) rota.release(slot ?? "");
        assert.deepEqual(
            [rota.take(), rota.take(), rota.take()].filter((slot) => slot !== undefined).sort(),
            busy.sort(),
        );
    });
});

describe("readLoadLog", () => {
    it("tells acknowledged, refused and uncertain writes apart, by database", async () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "load.jsonl");
        const lines = [
            { slot: "a", seq: 2, sentAt: 30, ackedAt: 40 },
            { slot: "a", seq: 1, sentAt: 10, ackedAt: 20 },
            { slot: "a", seq: 3, sentAt: 50, ackedAt: null, refused: 409 },
            { slot: "a", seq: 4, sentAt: 60, ackedAt: null },
            { event: "created", slot: "b", at: 5, phase: "sent" },
            { event: "created", slot: "b", at: 6, phase: "acked" },
            { event: "deactivated", slot: "b", at: 7, phase: "sent" },
        ];
        writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"slot":"a","se`);
        assert.deepEqual(Object.fromEntries(await readLoadLog(path)), {
            a: {
                acknowledged: [
                    { seq: 1, sentAt: 10, ackedAt: 20 },
                    { seq: 2, sentAt: 30, ackedAt: 40 },
                ],
                uncertain: [4],
                created: null,
                deactivated: null,
            },
            b: {
                acknowledged: [],
                uncertain: [],
                created: { sentAt: 5, ackedAt: 6 },
                deactivated: { sentAt: 7, ackedAt: null },
            },
        });
    });

    it("names a line that is not of the log", async () => {
        using folder = temporaryFolder();
        const path = join(folder.path, "load.jsonl");
        writeFileSync(path, '{"slot":"a","seq":1,"sentAt":1,"ackedAt":1}\n{"slot":"a"}\n');
        await assert.rejects(readLoadLog(path), { message: `${path}, line 2: not a line of a load log` });
    });
});

describe("startLoad", () => {
    it("logs a request without an answer as uncertain, and ends soon although the app hangs", async () => {
        using folder = temporaryFolder();
        const server = createServer(() => undefined).listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const logPath = join(folder.path, "load.jsonl");
        const load = startLoad({
            baseUrl: `http://127.0.0.1:${port}`,
            token: "t",
            logPath,
            seed: 1,
            slots: names(200),
        });
        await wait(1700);
        const started = performance.now();
        const stats = await load.stop();
        assert.ok(performance.now() - started < 1500);
        assert.equal(await load.stop(), stats);
        server.closeAllConnections();
        server.close();
        assert.deepEqual(
            { ...stats, failed: 0 },
            { acknowledged: 0, failed: 0, created: 0, deactivated: 0, slotsWritten: 0 },
        );
        const log = await readLoadLog(logPath);
        const uncertain = [...log.values()].flatMap((database) => database.uncertain);
        assert.equal(uncertain.length, stats.failed);
        // At most 64 at once: an app that does not answer is not buried.
        assert.ok(stats.failed >= 50 && stats.failed <= 65, `${stats.failed} failed`);
    });

    it("says when its log cannot be written", async () => {
        using folder = temporaryFolder();
        const logPath = join(folder.path, "no", "load.jsonl");
        const load = startLoad({ baseUrl: "http://127.0.0.1:1", token: "t", logPath, seed: 1, slots: names(10) });
        await wait(300);
        await assert.rejects(load.stop(), { code: "ENOENT" });
    });
});
