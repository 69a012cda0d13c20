import assert from "node:assert/strict";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { execa } from "execa";
import { load } from "js-yaml";
import { userData } from "../../components/render/user-data.ts";
import { ensureBaseImage } from "../../local/machine/image.ts";
import { startMachine } from "../../local/machine/start.ts";
import { openNetwork } from "../../local/network.ts";
import { clearRun, leftovers, openRun, type Run } from "../../local/run.ts";
import { machineSsh } from "../support/machine-ssh.ts";

const quiet = () => undefined;

/** The seconds in a time span as systemd shows it: "3h 5min 5.64s". */
function secondsOf(span: string): number {
    const units: Readonly<Record<string, number>> = {
        w: 604_800,
        d: 86_400,
        h: 3600,
        min: 60,
        s: 1,
        ms: 1e-3,
        us: 1e-6,
    };
    const parts = [...span.matchAll(/([\d.]+)(\w+)/g)];
    return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? Number.NaN), 0);
}

describe("the end of a drill's server, on a real systemd", function () {
    this.timeout(300_000);
    let cache: string;
    let outer: string | undefined;
    let image: string;
    let run: Run;

    before(async function () {
        this.timeout(600_000);
        image = await ensureBaseImage(quiet);
        outer = process.env["XDG_CACHE_HOME"];
        cache = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        process.env["XDG_CACHE_HOME"] = cache;
        await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(cache, "key")]);
        run = await openRun(quiet);
    });
    after(async () => {
        await clearRun(run.dir);
        assert.deepEqual(leftovers(run), []);
        if (outer === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = outer;
        await rm(cache, { recursive: true, force: true });
    });

    /** What cloud-init would run of a user data before all else. */
    const script = (lifetimeMinutes: number) => {
        const { bootcmd } = load(userData({ lifetimeMinutes })) as { bootcmd: string[] };
        return bootcmd[0] ?? "";
    };

    it("waits for the lifetime, and then powers the server off", async () => {
        const network = await openNetwork(run, quiet);
        const authorizedKey = (await readFile(join(cache, "key.pub"), "utf8")).trim();
        const machine = await startMachine({ run, name: "ends", image, address: network.host(10), authorizedKey, storage: "disk" }); // prettier-ignore
        const ssh = (...command: string[]) => machineSsh(join(cache, "key"), machine, ...command);
        const runThere = (text: string) => ssh(`echo ${Buffer.from(text).toString("base64")} | base64 -d | sh`);

        assert.equal(await runThere(script(60)), "");
        assert.equal(await ssh("systemctl", "is-active", "slotkeeper-end.timer"), "active");
        assert.equal(await ssh("systemctl", "is-enabled", "slotkeeper-end.timer"), "enabled");
        const next = await ssh("systemctl", "show", "--value", "--property=NextElapseUSecMonotonic", "slotkeeper-end.timer"); // prettier-ignore
        // In a container the time since boot is counted from the start of its systemd, on the clock of this host.
        const started =
            Number(await ssh("systemctl", "show", "--value", "--property=UserspaceTimestampMonotonic")) / 1e6;
        assert.equal(Math.round((secondsOf(next) - started) / 60), 60, `${next} is no hour after ${started} s`);
        assert.equal(await ssh("echo", "still", "up"), "still up");
        assert.ok(leftovers(run).some((line) => line.startsWith("process ")));

        await runThere(script(60).replace("OnBootSec=60min", "OnBootSec=1s"));
        await ssh("systemctl restart --no-block slotkeeper-end.timer");
        const runs = () => leftovers(run).some((line) => line.startsWith("process "));
        for (const deadline = Date.now() + 120_000; runs() && Date.now() < deadline;) await wait(500);
        assert.equal(runs(), false, leftovers(run).join("\n"));
    });
});
