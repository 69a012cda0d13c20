import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { appScript } from "../../../components/render/app.ts";

describe("the script that installs the app", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-app-script-"));
        for (const folder of ["etc/slotkeeper", "app", "work"]) mkdirSync(join(world, folder), { recursive: true });
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    /** Uploads a version when told to, and runs the script on a server whose root is our folder. */
    function install(version: string, upload: boolean, prepare: readonly string[]) {
        const archive = join(world, "work", `${version}.tar`);
        if (upload) {
            writeFileSync(join(world, "work/version"), version);
            execFileSync("tar", ["-cf", archive, "-C", join(world, "work"), "version"]);
        }
        const script = appScript({ archive, release: version, user: userInfo().username, prepare })
            .replaceAll("/opt/app", join(world, "app"))
            .replaceAll("/etc/slotkeeper", join(world, "etc/slotkeeper"))
            .replaceAll(/^runuser -u \S+ -- /gm, "");
        return spawnSync("sh", ["-c", script], { input: `token of ${version}`, encoding: "utf8" });
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
        assert.deepEqual(readdirSync(join(world, "app/releases")).sort(), ["three", "two"]);
    });
});
