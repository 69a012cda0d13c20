import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireFreeSpace } from "../../../local/toolchain/free-space.ts";
import { requireLinuxRoot } from "../../../local/toolchain/linux-root.ts";
import { areListsOld, installPackages, missingPackages } from "../../../local/toolchain/system-packages.ts";

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
    let keyring: string;
    beforeEach(() => {
        keyring = join(world, "debian-archive-keyring.gpg");
        writeFileSync(keyring, "");
    });

    it("names each Debian package whose command is missing, once", () => {
        const all = ["systemd-container", "debootstrap", "openssh-client", "iproute2", "nftables"];
        assert.deepEqual(missingPackages(world, keyring), all);
        command("ip");
        command("systemd-nspawn");
        assert.deepEqual(missingPackages(world, keyring), ["debootstrap", "openssh-client", "iproute2", "nftables"]);
        for (const name of ["bridge", "debootstrap", "nft", "ssh-keygen"]) command(name);
        assert.deepEqual(missingPackages(world, keyring), []);
        rmSync(keyring);
        assert.deepEqual(missingPackages(world, keyring), ["debian-archive-keyring"]);
    });

    it("takes a file that cannot be run, and a folder, for no command", () => {
        for (const name of ["ip", "bridge", "nft", "systemd-nspawn", "debootstrap", "ssh-keygen"]) command(name);
        chmodSync(join(world, "debootstrap"), 0o644);
        assert.deepEqual(missingPackages(world, keyring), ["debootstrap"]);
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

describe("installPackages", () => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const calls = () => readFileSync(join(world, "calls"), "utf8").trim().split("\n");
    beforeEach(() => (lines.length = 0));

    /** An apt-get that notes what it is asked, and then does what the shell lines say. */
    function apt(lines: string): string {
        const path = join(world, "apt-get");
        const note = `shift 5; echo "$DEBIAN_FRONTEND $*" >> ${world}/calls`;
        writeFileSync(path, `#!/bin/sh\n${note}\n${lines}\n`);
        chmodSync(path, 0o755);
        return path;
    }
    const freshLists = () => {
        writeFileSync(join(world, "x_Packages"), "");
    };
    const UPDATE = "noninteractive update";
    const INSTALL = "noninteractive install -y --no-install-recommends debootstrap iproute2";
    const names = ["debootstrap", "iproute2"];

    it("asks apt-get no more than it has to", async () => {
        freshLists();
        await installPackages(names, apt(""), say, world);
        assert.deepEqual(calls(), [INSTALL]);
        assert.deepEqual(lines, ["installing the Debian packages debootstrap, iproute2"]);
    });

    it("fetches the lists before when they are old, and when a package is gone from the mirror", async () => {
        await installPackages(names, apt(""), say, world);
        assert.deepEqual(calls(), [UPDATE, INSTALL]);
        freshLists();
        const gone = `[ "$1" = update ] && touch ${world}/updated; [ -e ${world}/updated ] || { echo 404 >&2; exit 100; }`;
        await installPackages(names, apt(gone), say, world);
        assert.deepEqual(calls().slice(2), [INSTALL, UPDATE, INSTALL]);
    });

    it("waits for another apt-get, and says so", async () => {
        freshLists();
        const busy = `[ -e ${world}/asked ] || { touch ${world}/asked; echo "E: Could not get lock /var/lib/apt/lists/lock" >&2; exit 100; }`;
        await installPackages(names, apt(busy), say, world);
        assert.deepEqual(calls(), [INSTALL, INSTALL]);
        assert.equal(lines[1], "waiting for another apt-get to end");
    });

    it("says what apt-get said, and how to see it again", async () => {
        const failing = apt("echo 'E: Failed to fetch http://deb.debian.org/x  Could not resolve' >&2; exit 100");
        await assert.rejects(installPackages(names, failing, say, world), {
            name: "SlotkeeperError",
            kind: "remote",
            message: /^fetching Debian's package lists failed: E: Failed to fetch .* Could not resolve$/,
            hint: /: apt-get update$/,
        });
        freshLists();
        const refusing = apt("[ $1 = update ] || { echo 'E: Unable to locate package debootstrap' >&2; exit 100; }");
        await assert.rejects(installPackages(names, refusing, say, world), {
            kind: "usage",
            message: /Unable to locate/,
        });
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
