import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDir, withLock } from "../../local/cache.ts";

const MODULE = new URL("../../local/cache.ts", import.meta.url).href;

/** Another process that takes the lock, says "held" and keeps it until it is killed. */
async function holder(name: string) {
    const program = `const { withLock } = await import(${JSON.stringify(MODULE)});
        await withLock(${JSON.stringify(name)}, () => {}, async () => { console.log("held"); await new Promise((r) => setTimeout(r, 60_000)); });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
}

/** Fails a test that had to wait for a lock. */
const notWaiting = (line: string): never => {
    throw new Error(`waited: ${line}`);
};

describe("cache", () => {
    let world: string;
    let before: string | undefined;

    beforeEach(() => {
        before = process.env["XDG_CACHE_HOME"];
        world = mkdtempSync(join(tmpdir(), "slotkeeper-cache-"));
        process.env["XDG_CACHE_HOME"] = world;
    });
    afterEach(() => {
        if (before === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = before;
        rmSync(world, { recursive: true });
    });

    it("lies in the XDG cache folder, and under the home folder when that is unset, empty or relative", () => {
        assert.equal(cacheDir(), join(world, "slotkeeper"));
        for (const ignored of ["", "relative/folder"]) {
            process.env["XDG_CACHE_HOME"] = ignored;
            assert.equal(cacheDir(), join(homedir(), ".cache", "slotkeeper"));
        }
        delete process.env["XDG_CACHE_HOME"];
        assert.equal(cacheDir(), join(homedir(), ".cache", "slotkeeper"));
    });

    it("lets one caller of a name work at a time", async () => {
        let inside = 0;
        const most: number[] = [];
        const work = async () => {
            most.push(++inside);
            await new Promise((resolve) => setTimeout(resolve, 5));
            inside--;
        };
        await Promise.all(Array.from({ length: 8 }, () => withLock("one", () => undefined, work)));
        assert.deepEqual(most, [1, 1, 1, 1, 1, 1, 1, 1]);
    });

    it("lets work of different names, and of different cache folders, go on at once", async () => {
        const result = await withLock("outer", notWaiting, () =>
            withLock("inner", notWaiting, () => {
                process.env["XDG_CACHE_HOME"] = join(world, "elsewhere");
                return withLock("outer", notWaiting, () => Promise.resolve("reached"));
            }),
        );
        assert.equal(result, "reached");
    });

    it("frees the name when the work fails, and hands its error on", async () => {
        const failing = () => Promise.reject(new Error("broken"));
        await assert.rejects(
            withLock("fails", () => undefined, failing),
            /broken/,
        );
        assert.equal(await withLock("fails", notWaiting, () => Promise.resolve(1)), 1);
    });

    it("waits for another process, says which, and goes on when that one is killed", async () => {
        const child = await holder("shared");
        const lines: string[] = [];
        let entered = false;
        const waiting = withLock(
            "shared",
            (line) => lines.push(line),
            () => Promise.resolve((entered = true)),
        );
        await new Promise((resolve) => setTimeout(resolve, 200));
        assert.equal(entered, false);
        assert.deepEqual(lines, [`waiting for process ${String(child.pid)}, which is busy with: shared`]);
        child.kill("SIGKILL");
        await waiting;
        assert.equal(entered, true);
    });
});
