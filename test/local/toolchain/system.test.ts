import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireFreeSpace } from "../../../local/toolchain/free-space.ts";
import { requireLinuxRoot } from "../../../local/toolchain/linux-root.ts";
import { areListsOld, missingPackages } from "../../../local/toolchain/system-packages.ts";

const HOUR = 60 * 60 * 1000;
let world: string;
beforeEach(() => (world = mkdtempSync(join(tmpdir(), "slotkeeper-system-"))));
afterEach(() => {
    rmSync(world, { recursive: true });
});

function command(name: string): void {
    writeFileSync(join(world, name), "#!/bin/sh\n");
    chmodSync(join(world, name), 0o755);
}

describe("missingPackages", () => {
    it("names each Debian package whose command is missing, once", () => {
        const all = ["systemd-container", "debootstrap", "openssh-client", "iproute2"];
        assert.deepEqual(missingPackages(world), all);
        command("ip");
        command("systemd-nspawn");
        assert.deepEqual(missingPackages(world), ["debootstrap", "openssh-client", "iproute2"]);
        for (const name of ["bridge", "debootstrap", "ssh-keygen"]) command(name);
        assert.deepEqual(missingPackages(world), []);
    });

    it("takes a file that cannot be run, and a folder, for no command", () => {
        for (const name of ["ip", "bridge", "systemd-nspawn", "debootstrap", "ssh-keygen"]) command(name);
        chmodSync(join(world, "debootstrap"), 0o644);
        assert.deepEqual(missingPackages(world), ["debootstrap"]);
    });
});

describe("areListsOld", () => {
    it("calls missing lists old, and fresh ones fresh for a day", () => {
        const now = Date.now();
        assert.equal(areListsOld(world, now), true);
        writeFileSync(join(world, "lock"), "");
        assert.equal(areListsOld(world, now), true);
        const list = join(world, "deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4");
        writeFileSync(list, "");
        // apt gives a list the server's time of change: only the time of its own writing tells its age here.
        utimesSync(list, 0, 0);
        assert.equal(areListsOld(world, now + 23 * HOUR), false);
        assert.equal(areListsOld(world, now + 25 * HOUR), true);
    });
});

describe("requireLinuxRoot", () => {
    it("lets root on Linux pass, and tells others what to do", () => {
        requireLinuxRoot("linux", 0);
        const refused = { name: "SlotkeeperError", kind: "usage" };
        assert.throws(
            () => {
                requireLinuxRoot("darwin", 0);
            },
            { ...refused, message: /need Linux, and this is darwin/ },
        );
        assert.throws(
            () => {
                requireLinuxRoot("linux", 1000);
            },
            { ...refused, message: /need root/, hint: /as root/ },
        );
        assert.throws(() => {
            requireLinuxRoot("win32", undefined);
        }, refused);
    });
});

describe("requireFreeSpace", () => {
    it("refuses what does not fit, in numbers", async () => {
        await requireFreeSpace(world, 1, "a test");
        await assert.rejects(requireFreeSpace(world, 2 ** 60, "building the moon"), {
            name: "SlotkeeperError",
            kind: "usage",
            message: /^building the moon needs 1073741824\.0 GB in .*, and [\d.]+ GB are free$/,
        });
    });
});
