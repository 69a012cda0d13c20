import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { writeRecord } from "../../../scripts/drill/record.ts";
import { renderHtml } from "../../../scripts/report/html.ts";
import { failedRecord, passedRecord } from "../../support/drill-record.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

const files = ["junit.xml", "metrics.prom", "report.html", "summary.md"];

describe("slotkeeper report render", () => {
    const folder = useTemporaryFolder();
    const render = (...argv: string[]) =>
        execa(process.execPath, ["scripts/slotkeeper.ts", "report", "render", ...argv], {
            reject: false,
            env: { INIT_CWD: folder() },
        });

    it("makes everything again from the record alone, beside it or elsewhere, and says where", async () => {
        await writeRecord(join(folder(), "run"), failedRecord());
        const beside = await render(join(folder(), "run"));
        assert.equal(beside.exitCode, 0, beside.stderr);
        assert.deepEqual(readdirSync(join(folder(), "run")).sort(), ["drill.json", ...files]);
        assert.deepEqual(
            beside.stdout.split("\n").sort(),
            files.map((file) => join(folder(), "run", file)),
        );

        assert.equal((await render("run/drill.json", "--to", "new/place")).exitCode, 0);
        assert.deepEqual(readdirSync(join(folder(), "new/place")).sort(), files);
        assert.equal(readFileSync(join(folder(), "new/place/report.html"), "utf8"), renderHtml(failedRecord()));
    });

    it("renders the record of an earlier version, and one of a later version that has more fields", async () => {
        // As written by the first version that had a record: no field may ever be required that is not here.
        const first = {
            ...{ version: 1, runId: "20261107T090000Z", stack: "local-staging", verdict: "failed", failure: null },
            ...{ startedAt: "2026-11-07T09:00:00.000Z", finishedAt: null, seed: 1, toolchain: [], load: null },
            ...{ fleet: { databases: 1, slots: 0, bytes: 10 }, phases: [] },
            databases: [
                {
                    ...{ id: "global", kind: "global", bytes: 10, txid: null, restoreSeconds: 1 },
                    ...{ lagSeconds: null, lostWrites: null, status: "restored", problem: null },
                },
            ],
            checks: [{ id: "coverage", database: null, status: "failed", expected: "a", actual: "b", remedy: "c" }],
            rpo: { targetSeconds: 15, worstSeconds: null, p50Seconds: null },
            rto: { targetSeconds: 900, fleetSeconds: null, slotWorstSeconds: null, slotP50Seconds: null },
            cost: { drillUsd: 0, monthlyUsd: null, budgetUsd: 10 },
            cleanup: { destroyed: false, leftovers: [] },
        };
        for (const [name, record] of Object.entries({ first, later: { ...passedRecord(3), added: { in: "2030" } } })) {
            writeFileSync(join(folder(), `${name}.json`), JSON.stringify(record));
            assert.equal((await render(`${name}.json`, "--to", name)).exitCode, 0, name);
        }
    });

    it("names what is not there (10) and what is not a record (2), and leaves nothing", async () => {
        mkdirSync(join(folder(), "empty"));
        const missing = await render("empty");
        assert.equal(missing.exitCode, 10);
        assert.match(missing.stderr, /empty\/drill\.json does not exist/);

        writeFileSync(join(folder(), "other.json"), `{"version": 2}`);
        writeFileSync(join(folder(), "half.json"), `{"version": 1,`);
        for (const name of ["other.json", "half.json"]) {
            const { exitCode, stderr, stdout } = await render(name, "--to", "out");
            assert.deepEqual([exitCode, stdout], [2, ""], name);
            assert.match(stderr, /is not the record of a drill/);
            assert.doesNotMatch(stderr, /\n\s+at /);
        }
        assert.deepEqual(readdirSync(folder()).sort(), ["empty", "half.json", "other.json"]);
    });

    it("names a folder that it cannot write to (2)", async () => {
        await writeRecord(folder(), passedRecord(1));
        const { exitCode, stderr } = await render("drill.json", "--to", "drill.json/inside");
        assert.equal(exitCode, 2);
        assert.match(stderr, /cannot write the report to .*drill\.json\/inside/);
    });
});
