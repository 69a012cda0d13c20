import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { delimiter, join } from "node:path";

import { SlotkeeperError } from "../../../scripts/errors.ts";
import { applyDesired } from "../../../scripts/fleet/apply.ts";
import { type DesiredState, desiredSchema } from "../../../scripts/fleet/desired.ts";
import { findDrift } from "../../../scripts/fleet/drift.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

/**
 * A systemctl that keeps each unit's state in files: `unit` (it runs; its number of starts), `unit.enabled`; and a
 * journalctl. `dies.service` never stays up; nor does what is started while a file `spoiled` holds "bad".
 */
const SYSTEMCTL = `#!/bin/sh
cd "$FAKE_SYSTEMD"
echo "$@" >> calls
for unit; do :; done
one() {
    state=inactive starts=0 mono=0 file=disabled
    [ -e "$1" ] && state=active starts=$(cat "$1") mono=$(cat "$1.mono")
    [ -e "$1.enabled" ] && file=enabled
    result=success; [ "$1" = dies.service ] && state=failed result=exit-code
    [ -e "$1.bad" ] && state=failed result=exit-code
    printf 'Id=%s\\nActiveState=%s\\nResult=%s\\nType=simple\\nNRestarts=0\\nUnitFileState=%s\\nInvocationID=%s-%s\\nMainPID=0\\nExecMainStartTimestampMonotonic=%s\\nNeedDaemonReload=no\\n' "$1" $state $result $file "$1" $starts $mono
}
case "$1" in
    show) shift 2; first=1; for each; do [ $first = 1 ] || echo; first=0; one "$each"; done ;;
    start|restart)
        n=0; [ -e "$unit" ] && n=$(cat "$unit"); echo $((n + 1)) > "$unit"
        awk '{printf "%.0f", $1 * 1000000}' /proc/uptime > "$unit.mono"
        rm -f "$unit.bad"; grep -qs bad etc/spoiled && touch "$unit.bad"; : ;;
    stop) rm -f "$unit" ;;
    list-units) : ;;
    enable) [ "$unit" = absent.service ] && { echo "Unit file absent.service does not exist." >&2; exit 1; }; touch "$unit.enabled" ;;
esac
`;

describe("applyDesired", () => {
    const folder = useTemporaryFolder();
    const path = process.env["PATH"] ?? "";

    beforeEach(() => {
        const bin = join(folder(), "bin");
        mkdirSync(bin);
        writeFileSync(join(bin, "systemctl"), SYSTEMCTL);
        writeFileSync(join(bin, "journalctl"), "#!/bin/sh\necho 'the end of its story'\n");
        for (const name of ["systemctl", "journalctl"]) chmodSync(join(bin, name), 0o755);
        process.env["PATH"] = `${bin}${delimiter}${path}`;
        process.env["FAKE_SYSTEMD"] = folder();
    });

    afterEach(() => {
        process.env["PATH"] = path;
        Reflect.deleteProperty(process.env, "FAKE_SYSTEMD");
    });

    const apply = (desired: object) => applyDesired(desiredSchema.parse(desired), () => undefined);
    const file = (name: string, more: Partial<DesiredState["files"][number]> = {}) => {
        return { path: join(folder(), "etc", name), content: "content", ...more };
    };
    const calls = () => {
        const log = join(folder(), "calls");
        return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    };

    it("writes files for their owner alone unless told otherwise, and leaves nothing else", async () => {
        const { changed } = await apply({ files: [file("secret"), file("open", { mode: "0644" })] });
        assert.equal(changed.length, 2);
        assert.equal(statSync(join(folder(), "etc/secret")).mode & 0o7777, 0o600);
        assert.equal(statSync(join(folder(), "etc/open")).mode & 0o7777, 0o644);
        assert.deepEqual(readdirSync(join(folder(), "etc")).sort(), ["open", "secret"]);
        assert.deepEqual(calls(), []);
    });

    it("writes only what differs, in content or mode", async () => {
        await apply({ files: [file("a"), file("b"), file("c")] });
        const again = await apply({ files: [file("a"), file("b", { content: "new" }), file("c", { mode: "0640" })] });
        assert.deepEqual(again.unchanged, [join(folder(), "etc/a")]);
        assert.equal(readFileSync(join(folder(), "etc/b"), "utf8"), "new");
        assert.equal(statSync(join(folder(), "etc/c")).mode & 0o7777, 0o640);
    });

    it("enables and starts units once", async () => {
        const desired = { files: [file("a")], units: { enable: ["app.service"], start: ["app.service"] } };
        assert.deepEqual((await apply(desired)).units, { "app.service": "active" });
        await apply(desired);
        assert.equal(calls().filter((call) => call === "start app.service").length, 1);
        assert.equal(calls().filter((call) => call.startsWith("restart")).length, 0);
    });

    it("restarts a running unit only when it is to be restarted on change, and something has changed", async () => {
        const units = { start: ["steady.service"], restartOnChange: ["app.service"] };
        await apply({ files: [file("a")], units });
        await apply({ files: [file("a")], units });
        await apply({ files: [file("a", { content: "new" })], units });
        assert.deepEqual(
            calls().filter((call) => /^(re)?start /.test(call)),
            ["start steady.service", "start app.service", "restart app.service"],
        );
    });

    describe("remembers what it applied", () => {
        const as = () => ({ name: "thing", generation: "5f3a", folder: join(folder(), "applied") });
        const named = (desired: object) => applyDesired(desiredSchema.parse(desired), () => undefined, as());
        const drift = async () => (await findDrift(as().folder)).applied["thing"]?.drifted;
        const units = { enable: ["app.service"], restartOnChange: ["app.service"] };
        const starts = () => calls().filter((call) => /^(re)?start /.test(call));

        it("so that each kind of drift is named, and repaired without restarting what runs", async () => {
            const link = { path: join(folder(), "etc/current"), target: "releases/one" };
            const desired = { files: [file("a"), file("b"), file("c")], links: [link], units };
            await named(desired);
            assert.deepEqual(await drift(), []);
            writeFileSync(join(folder(), "etc/a"), "by hand");
            chmodSync(join(folder(), "etc/b"), 0o666);
            rmSync(join(folder(), "etc/c"));
            rmSync(link.path);
            symlinkSync("releases/two", link.path);
            rmSync(join(folder(), "app.service.enabled"));
            assert.deepEqual(await drift(), [
                `${join(folder(), "etc/a")} (content)`,
                `${join(folder(), "etc/b")} (mode)`,
                `${join(folder(), "etc/c")} (missing)`,
                `${link.path} (points to releases/two)`,
                "app.service (not enabled)",
            ]);
            await named(desired);
            assert.deepEqual(await drift(), []);
            assert.deepEqual(starts(), ["start app.service"]);
            rmSync(join(folder(), "app.service"));
            assert.deepEqual(await drift(), ["app.service (not running)"]);
        });

        it("with hashes, and never with a content", async () => {
            await named({ files: [file("secret", { content: "s3cret" })] });
            const path = join(as().folder, "thing.json");
            assert.ok(!readFileSync(path, "utf8").includes("s3cret"));
            assert.equal(statSync(path).mode & 0o777, 0o600);
        });

        it("so that an apply that was cut off before the restart is completed by the next", async () => {
            await named({ files: [file("a")], units });
            // Cut off: the file is written, the unit still runs with the one before.
            writeFileSync(join(folder(), "etc/a"), "new");
            await named({ files: [file("a", { content: "new" })], units });
            await named({ files: [file("a", { content: "new" })], units });
            assert.deepEqual(starts(), ["start app.service", "restart app.service"]);
        });

        it("and without a memory of the start, a file that is younger than it counts as not taken up", async () => {
            writeFileSync(join(folder(), "app.service"), "1");
            writeFileSync(join(folder(), "app.service.mono"), "1");
            mkdirSync(join(folder(), "etc"));
            writeFileSync(join(folder(), "etc/a"), "content", { mode: 0o600 });
            await named({ files: [file("a")], units });
            assert.deepEqual(starts(), ["restart app.service"]);
        });

        it("and goes back to it when the new one does not stay up, in that it says so", async () => {
            const version = (text: string, target: string) => ({
                files: [file("spoiled", { content: text })],
                links: [{ path: join(folder(), "etc/current"), target }],
                units,
                rollBack: true,
            });
            await named(version("good", "one"));
            await assert.rejects(
                named(version("bad", "two")),
                /app\.service was started, but is failed.*; the version before it runs again/,
            );
            assert.equal(readFileSync(join(folder(), "etc/spoiled"), "utf8"), "good");
            assert.equal(readlinkSync(join(folder(), "etc/current")), "one");
            assert.deepEqual(await drift(), []);
        });

        it("and says that there is nothing to go back to at the first time", async () => {
            const first = { files: [file("spoiled", { content: "bad" })], units, rollBack: true };
            await assert.rejects(named(first), /there is no version before it to go back to/);
        });
    });

    it("fails with the end of the journal when a unit does not stay up", async () => {
        await assert.rejects(apply({ units: { start: ["dies.service"] } }), (error) => {
            assert.ok(error instanceof SlotkeeperError && error.kind === "checkFailed");
            assert.match(error.message, /dies\.service was started, but is failed \(exit-code\)/);
            assert.match(error.hint ?? "", /the end of its story/);
            return true;
        });
    });

    it("passes on systemctl's own words", async () => {
        await assert.rejects(apply({ units: { enable: ["absent.service"] } }), /absent\.service does not exist/);
    });

    const wrong: [string, object][] = [
        ["a relative path", { files: [{ path: "etc/x", content: "" }] }],
        ["a mode that is not octal", { files: [{ path: "/x", mode: "rw", content: "" }] }],
        ["a unit that is an option", { units: { start: ["--now"] } }],
        ["an unknown key", { packages: ["nginx"] }],
    ];
    for (const [what, desired] of wrong) {
        it(`refuses ${what}`, () => {
            assert.equal(desiredSchema.safeParse(desired).success, false);
        });
    }
});
