import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { extract } from "tar";
import { buildApp } from "../../local/app/build.ts";
import { getSlotDb } from "../../local/app/database.ts";
import { type Load, readLoadLog, startLoad } from "../../local/app/load.ts";
import { seededFolder, temporaryFolder } from "../support/app-data.ts";

const source = join(import.meta.dirname, "../../local/app/main.ts");

interface App {
    child: ChildProcess;
    url: string;
}

function run(program: string, args: string[], cwd?: string): ChildProcess {
    return spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", "inherit", "pipe"] });
}

async function serve(program: string, folder: string): Promise<App> {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "secret\n", { mode: 0o600 });
    const child = run(program, ["serve", "--data", folder, "--port", "0", "--token-file", tokenFile]);
    assert.ok(child.stderr !== null);
    for await (const line of createInterface({ input: child.stderr })) {
        const url = /^serving \d+ slots on (.+)$/.exec(line)?.[1];
        if (url === undefined) continue;
        child.stderr.resume();
        return { child, url };
    }
    throw new Error("the app ended before it served");
}

async function end(
    child: ChildProcess,
    signal: NodeJS.Signals,
): Promise<{ code: number | null; signal: string | null }> {
    if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, "exit");
    }
    return { code: child.exitCode, signal: child.signalCode };
}

function slotsIn(folder: string): string[] {
    return readdirSync(join(folder, "slots"))
        .filter((file) => file.endsWith(".db"))
        .map((file) => file.slice(0, -3));
}

/** Sequence numbers in a slot's database, or in the global one's users. */
function sequencesIn(path: string, table: "actions" | "users"): Set<number> {
    const database = getSlotDb(path);
    try {
        assert.equal(database.pragma("integrity_check", { simple: true }), "ok");
        return new Set(database.prepare<[], number>(`SELECT seq FROM ${table} WHERE seq IS NOT NULL`).pluck().all());
    } finally {
        database.close();
    }
}

describe("the sample app under load", () => {
    it("has every acknowledged write after SIGKILL, and nothing that was never sent", async function () {
        this.timeout(60_000);
        using folder = seededFolder(40);
        const idle = slotsIn(folder.path);
        const app = await serve(source, folder.path);
        let load: Load | undefined;
        try {
            const logPath = join(folder.path, "load.jsonl");
            load = startLoad({
                baseUrl: app.url,
                token: "secret",
                logPath,
                seed: 3,
                slots: idle,
                churnEverySeconds: 0.3,
            });
            await wait(5000);
            await end(app.child, "SIGKILL");
            const stats = await load.stop();
            const log = await readLoadLog(logPath);
            assert.ok(stats.created >= 3 && stats.deactivated >= 3, JSON.stringify(stats));
            assert.equal(
                [...log.values()].reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
                stats.acknowledged,
            );
            assert.ok(leastSlotsInASecond(log) >= 8, `only ${leastSlotsInASecond(log)} of 40 slots in some second`);

            const again = await serve(source, folder.path);
            await end(again.child, "SIGTERM");
            const active = new Set(slotsIn(folder.path));
            for (const [name, database] of log) {
                const path =
                    name === "global"
                        ? join(folder.path, "global.db")
                        : join(folder.path, active.has(name) ? "slots" : "inactive", `${name}.db`);
                if (database.created !== null && database.created.ackedAt === null) continue;
                if (database.deactivated?.ackedAt != null) assert.ok(!active.has(name), `${name} is active again`);
                const found = sequencesIn(path, name === "global" ? "users" : "actions");
                for (const { seq } of database.acknowledged) assert.ok(found.delete(seq), `${name} lost write ${seq}`);
                for (const seq of database.uncertain) found.delete(seq);
                assert.deepEqual([...found], [], `${name} has writes that were never sent`);
            }
            const untouched = idle.filter((name) => !log.has(name));
            assert.ok(
                untouched.length >= 4 && untouched.length < 20,
                `${untouched.length} of 40 slots were left alone`,
            );
        } finally {
            await load?.stop();
            await end(app.child, "SIGKILL");
        }
    });

    it("ends on SIGTERM with every database checkpointed and closed", async function () {
        this.timeout(30_000);
        using folder = seededFolder(3);
        const app = await serve(source, folder.path);
        const [slot = ""] = slotsIn(folder.path);
        const body = JSON.stringify({ seq: 1, kind: "k", payload: "x" });
        const written = await fetch(`${app.url}/slots/${slot}/actions`, { method: "POST", body });
        assert.equal(written.status, 201);
        assert.deepEqual(await end(app.child, "SIGTERM"), { code: 0, signal: null });
        const left = readdirSync(folder.path, { recursive: true, encoding: "utf8" }).filter((name) =>
            /-(wal|shm)$/.test(name),
        );
        assert.deepEqual(left, []);
    });

    it("names wrong usage, with status 2", async function () {
        this.timeout(30_000);
        using folder = temporaryFolder();
        for (const [args, message] of [
            [[], /there is no command/],
            [
                ["seed", "--data", folder.path, "--slots", "0", "--seed", "1"],
                /--slots "0" is not a whole number from 1/,
            ],
            [
                ["serve", "--data", folder.path, "--port", "0", "--token-file", join(folder.path, "none")],
                /token file cannot be read/,
            ],
            [["serve", "--data", folder.path], /--port is missing/],
        ] as const) {
            const child = run(source, [...args]);
            let text = "";
            child.stderr?.on("data", (chunk) => (text += String(chunk)));
            await once(child, "close");
            assert.equal(child.exitCode, 2);
            assert.match(text, message);
        }
    });
});

describe("buildApp", () => {
    it("packs an app that runs anywhere with Node alone, the same bytes each time", async function () {
        this.timeout(60_000);
        using folder = temporaryFolder();
        const [one, two, away] = ["one", "two", "away"].map((name) => join(folder.path, name)) as [
            string,
            string,
            string,
        ];
        const [archive, other] = [await buildApp(one), await buildApp(two)];
        assert.deepEqual(readFileSync(other), readFileSync(archive));
        assert.deepEqual(readdirSync(one).length, 1);
        mkdirSync(away);
        await extract({ file: archive, cwd: away });
        assert.deepEqual(readdirSync(away).sort(), ["better_sqlite3.node", "main.mjs"]);

        const data = join(away, "data");
        mkdirSync(data);
        const seeded = run("main.mjs", ["seed", "--data", data, "--slots", "2", "--seed", "1"], away);
        await once(seeded, "exit");
        assert.equal(seeded.exitCode, 0);
        const app = await serve(join(away, "main.mjs"), data);
        try {
            const health = await fetch(`${app.url}/health`);
            assert.deepEqual(await health.json(), { status: "ok", maintenance: false, slots: 2 });
        } finally {
            await end(app.child, "SIGTERM");
        }
    });
});

/** The fewest different slots with an acknowledged write in any whole second of the load. */
function leastSlotsInASecond(log: Awaited<ReturnType<typeof readLoadLog>>): number {
    const seconds = new Map<number, Set<string>>();
    for (const [name, { acknowledged }] of log)
        for (const { ackedAt } of name === "global" ? [] : acknowledged) {
            const second = Math.floor(ackedAt / 1000);
            const slots = seconds.get(second) ?? new Set();
            seconds.set(second, slots.add(name));
        }
    const whole = [...seconds.keys()].sort((one, other) => one - other).slice(1, -1);
    assert.ok(whole.length >= 3);
    return Math.min(...whole.map((second) => seconds.get(second)?.size ?? 0));
}
