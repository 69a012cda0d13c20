import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { appScript } from "../../../components/render/app.ts";

describe("the script that installs the app", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-app-script-"));
        for (const folder of ["etc/slotkeeper", "app", "work", "tools", "lib"])
            mkdirSync(join(world, folder), { recursive: true });
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    /** Uploads a version when told to, and runs the script on a server whose root is our folder. */
    function install(version: string, upload: boolean | "cut", prepare: readonly string[]) {
        const archive = join(world, "work", `${version}.tar`);
        writeFileSync(join(world, "work/version"), version);
        execFileSync("tar", ["--mtime=@0", "-cf", archive, "-C", join(world, "work"), "version"]);
        const release = createHash("sha256").update(readFileSync(archive)).digest("hex").slice(0, 16);
        if (upload === "cut") truncateSync(archive, 600);
        else if (!upload) rmSync(archive);
        writeFileSync(join(world, "tools/slotkeeper"), "#!/bin/sh\n", { mode: 0o755 });
        const named = { name: "app-install", generation: "0", use: true };
        const script = appScript({ archive, release, user: userInfo().username, prepare, ...named })
            .replaceAll("/opt/app", join(world, "app"))
            .replaceAll("/var/lib/slotkeeper", join(world, "lib"))
            .replaceAll("/etc/slotkeeper", join(world, "etc/slotkeeper"))
            .replaceAll(/^runuser -u \S+ -- /gm, "");
        const env = { ...process.env, PATH: `${join(world, "tools")}:${process.env["PATH"] ?? ""}` };
        return spawnSync("sh", ["-c", script], { input: `token of ${version}`, encoding: "utf8", env });
    }
    const current = () => readFileSync(join(world, "app/current/version"), "utf8");

    it("can be run again when its preparation failed, although the archive is gone", () => {
        assert.equal(install("one", true, ["false"]).status, 1);
        assert.equal(existsSync(join(world, "work/one.tar")), false);
        const again = install("one", false, ["touch", join(world, "prepared")]);
        assert.equal(again.status, 0, again.stderr);
        assert.ok(existsSync(join(world, "prepared")));
    });

    it("takes a new token without a new archive, and a new version without the old token", () => {
        install("one", true, ["true"]);
        writeFileSync(join(world, "etc/slotkeeper/app-token"), "old");
        assert.equal(install("one", false, ["true"]).status, 0);
        assert.equal(readFileSync(join(world, "etc/slotkeeper/app-token"), "utf8"), "token of one");
        assert.equal(install("two", true, ["true"]).status, 0);
        assert.equal(current(), "two");
    });

    it("keeps the release before and no older one", () => {
        for (const version of ["one", "two", "three"]) assert.equal(install(version, true, ["true"]).status, 0);
        assert.equal(current(), "three");
        assert.equal(readdirSync(join(world, "app/releases")).length, 2);
    });

    it("changes nothing where the upload is cut off, and says so", () => {
        assert.equal(install("one", true, ["true"]).status, 0);
        const { status, stderr } = install("two", "cut", ["true"]);
        assert.equal(status, 11);
        assert.match(stderr, /the uploaded app \(release \w+\) is not whole: nothing was changed/);
        assert.equal(current(), "one");
        assert.ok(existsSync(join(world, "lib/applied/app-install.incomplete")));
    });
});
