import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    statSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { installScript } from "../../../components/render/install.ts";

/** How a release's program behaves: by what it ends with. */
interface Behaviour {
    readonly version?: number;
    readonly settle?: number;
    readonly back?: number;
}

describe("the script that installs a release", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-install-"));
        for (const folder of ["usr/local/bin", "tools"]) mkdirSync(join(world, folder), { recursive: true });
        tool("systemctl", `echo "$@" >>${world}/systemctl`);
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    function tool(name: string, script: string): void {
        writeFileSync(join(world, "tools", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }

    /** Packs a release whose program notes what is asked of it; returns its archive and its name. */
    function pack(name: string, { version = 0, settle = 0, back = 0 }: Behaviour = {}) {
        const work = join(world, `work-${name}`);
        mkdirSync(join(work, "bin"), { recursive: true });
        const program = `#!/bin/sh
echo "${name} $*" >>${world}/asked
case "$*" in
  --version) echo ${name}; exit ${version} ;;
  "release settle --back") echo "way back of ${name}"; exit ${back} ;;
  "release settle") echo "litestream@1 does not come up"; exit ${settle} ;;
esac
`;
        writeFileSync(join(work, "bin/slotkeeper"), program, { mode: 0o755 });
        writeFileSync(join(work, "bin/litestream"), "#!/bin/sh\n", { mode: 0o755 });
        const hash = createHash("sha256");
        for (const file of ["bin/litestream", "bin/slotkeeper"])
            hash.update(`${file}\0`).update(readFileSync(join(work, file)));
        const archive = join(world, `${name}.tar`);
        execFileSync("tar", ["-cf", archive, "-C", work, "bin"]);
        return { archive, release: hash.digest("hex").slice(0, 16) };
    }

    /** Runs the script on a server whose root is our folder. */
    function install({ archive, release }: { archive: string; release: string }) {
        const { username, gid } = userInfo();
        const named = { name: "runtime-install", generation: "0", user: username, dataDir: join(world, "data") };
        const script = installScript({ archive, release, ...named })
            .replaceAll(/(?<=[\s"'>=(])\/(opt|etc|var\/lib|var\/tmp|usr\/local)\//g, `${world}/$1/`)
            .replaceAll(`-g '${username}'`, `-g ${gid}`);
        const path = [join(world, "tools"), join(world, "usr/local/bin"), process.env["PATH"] ?? ""].join(":");
        return spawnSync("sh", ["-c", script], { env: { ...process.env, PATH: path }, encoding: "utf8" });
    }

    const current = () => readlinkSync(join(world, "opt/slotkeeper/current"));
    const asked = () => readFileSync(join(world, "asked"), "utf8").trim().split("\n");

    it("leaves owner and mode of a data folder alone that is there already", () => {
        mkdirSync(join(world, "data"));
        chmodSync(join(world, "data"), 0o775);
        assert.equal(install(pack("one")).status, 0);
        assert.equal(statSync(join(world, "data")).mode & 0o777, 0o775);
        assert.equal(statSync(join(world, "data/slots")).mode & 0o777, 0o750);
    });

    it("keeps the release before and no older one, also when it is run again", () => {
        const [one, two, three] = [pack("one"), pack("two"), pack("three")];
        for (const release of [one, two, three, three]) {
            const { status, stderr } = install(release);
            assert.equal(status, 0, stderr);
        }
        assert.equal(current(), `releases/${three.release}`);
        assert.deepEqual(
            readdirSync(join(world, "opt/slotkeeper/releases")).sort(),
            [two.release, three.release].sort(),
        );
    });

    it("goes back when the services do not settle, and says what was wrong and what runs", () => {
        const [one, two] = [pack("one"), pack("two", { settle: 11 })];
        install(one);
        const { status, stderr } = install(two);
        assert.equal(status, 11);
        assert.match(stderr, new RegExp(`release ${two.release}: the release before \\(${one.release}\\) runs again`));
        assert.match(stderr, /What was wrong: litestream@1 does not come up/);
        assert.equal(current(), `releases/${one.release}`);
        assert.equal(asked().at(-1), "one release settle --back");
    });

    it("goes back to the release that was settled last, also after an installation that was cut off", () => {
        const [one, two] = [pack("one"), pack("two", { settle: 11 })];
        install(one);
        // Cut off after the switch: the new release is current, but was never settled.
        rmSync(join(world, "opt/slotkeeper/current"));
        execFileSync("ln", ["-s", `releases/${two.release}`, join(world, "opt/slotkeeper/current")]);
        assert.equal(install(two).status, 11);
        assert.equal(current(), `releases/${one.release}`);
    });

    it("starts the app by itself where not even the release before settles", () => {
        install(pack("one", { back: 1 }));
        const { status, stderr } = install(pack("two", { settle: 1 }));
        assert.equal(status, 11);
        assert.match(stderr, /nor with the release before .*which is in place again/s);
        assert.match(readFileSync(join(world, "systemctl"), "utf8"), /^start app\.service$/m);
    });

    it("does not switch to a release whose program does not run", () => {
        const [one, two] = [pack("one"), pack("two", { version: 3 })];
        install(one);
        const { status, stderr } = install(two);
        assert.equal(status, 11);
        assert.match(stderr, /slotkeeper --version of release \w+ does not run on this server: two/);
        assert.equal(current(), `releases/${one.release}`);
        assert.deepEqual(readdirSync(join(world, "opt/slotkeeper/releases")), [one.release]);
    });

    for (const [what, spoil] of [
        [
            "is cut off",
            (archive: string) => {
                truncateSync(archive, 1500);
            },
        ],
        [
            "is gone",
            (archive: string) => {
                rmSync(archive);
            },
        ],
        [
            "holds something else",
            (archive: string) => execFileSync("tar", ["-rf", archive, "-C", world, "tools/systemctl"]),
        ],
    ] as const)
        it(`changes nothing where the upload ${what}, and has it uploaded again`, () => {
            const [one, two] = [pack("one"), pack("two")];
            install(one);
            spoil(two.archive);
            const { status, stderr } = install(two);
            assert.equal(status, 11);
            assert.match(stderr, /the uploaded release \w+ is not whole: nothing was changed/);
            assert.equal(current(), `releases/${one.release}`);
            assert.deepEqual(readdirSync(join(world, "opt/slotkeeper/releases")), [one.release]);
            const marker = join(world, "var/lib/slotkeeper/applied/runtime-install.incomplete");
            assert.equal(readFileSync(marker, "utf8").trim(), two.archive);
            assert.equal(install(pack("three")).status, 0);
            assert.equal(existsSync(marker), false);
        });

    it("puts a release right that lacks a file or has another content", () => {
        const one = pack("one");
        install(one);
        for (const file of ["bin/litestream", "bin/slotkeeper"]) {
            rmSync(join(world, "opt/slotkeeper/current", file));
            writeFileSync(join(world, "opt/slotkeeper/current", file), "something else");
            assert.equal(install(pack("one-again")).status, 0);
            assert.equal(install(packAgain(one)).status, 0);
            assert.notEqual(readFileSync(join(world, "opt/slotkeeper/current", file), "utf8"), "something else");
        }
    });

    /** The archive of a release once more: an installation removes it. */
    function packAgain(release: { archive: string; release: string }) {
        execFileSync("tar", ["-cf", release.archive, "-C", join(world, "work-one"), "bin"]);
        return release;
    }
});
