import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { SlotkeeperError } from "../../../scripts/errors.ts";
import { applyDesired } from "../../../scripts/fleet/apply.ts";
import { type DesiredState, desiredSchema } from "../../../scripts/fleet/desired.ts";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

/** A systemctl that keeps each unit's state in a file, and a journalctl; `dies.service` never stays up. */
const SYSTEMCTL = `#!/bin/sh
echo "$@" >> "$FAKE_SYSTEMD/calls"
for unit; do :; done
case "$1" in
    show) state=inactive; [ -e "$FAKE_SYSTEMD/$unit" ] && state=active
          result=success; [ "$unit" = dies.service ] && state=failed result=exit-code
          printf 'ActiveState=%s\\nResult=%s\\nType=simple\\nNRestarts=0\\n' "$state" "$result" ;;
    start|restart) touch "$FAKE_SYSTEMD/$unit" ;;
    enable) [ "$unit" = absent.service ] && { echo "Unit file absent.service does not exist." >&2; exit 1; }; : ;;
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
