import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { installScript } from "../../../components/render/install.ts";

describe("the script that installs a release", () => {
    let world: string;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-install-"));
        for (const folder of ["work/bin", "usr/local/bin"]) mkdirSync(join(world, folder), { recursive: true });
    });
    afterEach(() => {
        rmSync(world, { recursive: true });
    });

    /** Uploads a release and runs the script on a server whose root is our folder. */
    function install(release: string): string {
        writeFileSync(join(world, "work/bin/slotkeeper"), `#!/bin/sh\necho ${release}\n`);
        chmodSync(join(world, "work/bin/slotkeeper"), 0o755);
        const archive = join(world, `${release}.tar`);
        execFileSync("tar", ["-cf", archive, "-C", join(world, "work"), "bin"]);
        const { username, gid } = userInfo();
        const script = installScript({ archive, release, user: username, dataDir: join(world, "data") })
            .replaceAll(/(?<=[ "'])\/(opt|etc|var\/lib|usr\/local)\//g, `${world}/$1/`)
            .replaceAll(`-g '${username}'`, `-g ${gid}`);
        const env = { ...process.env, PATH: `${join(world, "usr/local/bin")}:${process.env["PATH"] ?? ""}` };
        return execFileSync("sh", ["-c", script], { env, encoding: "utf8" }).trim();
    }

    it("leaves owner and mode of a data folder alone that is there already", () => {
        mkdirSync(join(world, "data"));
        chmodSync(join(world, "data"), 0o775);
        install("one");
        assert.equal(statSync(join(world, "data")).mode & 0o777, 0o775);
        assert.equal(statSync(join(world, "data/slots")).mode & 0o777, 0o750);
    });

    it("keeps the release before and no older one, also when it is run again", () => {
        for (const release of ["one", "two", "three", "three"]) assert.equal(install(release), release);
        assert.equal(readlinkSync(join(world, "opt/slotkeeper/current")), "releases/three");
        assert.deepEqual(readdirSync(join(world, "opt/slotkeeper/releases")).sort(), ["three", "two"]);
    });
});
