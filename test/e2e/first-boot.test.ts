import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    readFileSync,
    statSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { userData, volumeDevice } from "../../components/render/user-data.ts";
import { readAnnouncement } from "../../scripts/fleet/ec2-host-key.ts";
import { newKeyPair } from "../support/ssh-key.ts";
import { useTemporaryFolder } from "../support/temporary-folder.ts";

const MEGABYTE = 1024 ** 2;
const volume = { id: "vol-0123456789abcdef0", mountPoint: "/app/data", user: "app" };

/** The script of a real user data, on a loop device for a volume; each boot is a new server in a mount namespace of its own. */
describe("the first boot of an EC2 server", () => {
    const folder = useTemporaryFolder();
    const at = (name: string) => join(folder(), name);
    let device: string | undefined;
    let boots: number;

    beforeEach(() => {
        boots = 0;
        writeFileSync(at("volume"), "");
        truncateSync(at("volume"), 32 * MEGABYTE);
    });
    afterEach(() => {
        detach();
    });

    function attach(): string {
        detach();
        device = execFileSync("losetup", ["--find", "--show", at("volume")], { encoding: "utf8" }).trim();
        return device;
    }
    function detach(): void {
        if (device !== undefined) execFileSync("losetup", ["--detach", device]);
        device = undefined;
    }

    /** Boots a new server with the volume, and runs `then` on it in its data folder. */
    function boot(then = "true", attached = true) {
        const root = at(`server-${++boots}`);
        for (const name of ["bin", "dev", "etc", "app"]) mkdirSync(join(root, name), { recursive: true });
        for (const command of ["systemctl", "groupadd", "useradd", "sleep", "chattr"]) {
            writeFileSync(join(root, "bin", command), `#!/bin/sh\necho "${command} $*" >>'${root}/calls'\n`);
            chmodSync(join(root, "bin", command), 0o755);
        }
        const hostKey = newKeyPair().public.split(" ").slice(0, 2).join(" ");
        writeFileSync(join(root, "etc/host-key"), `${hostKey} root@server\n`);
        if (attached) symlinkSync(attach(), join(root, "dev/volume"));
        const config = load(userData({ volume: { ...volume, user: `app-${process.pid}` } })) as {
            write_files: { content: string }[];
        };
        const script = (config.write_files[0]?.content ?? "")
            .replaceAll(volumeDevice(volume.id), join(root, "dev/volume"))
            .replaceAll(volume.mountPoint, join(root, "app/data"))
            .replaceAll("/etc/fstab", join(root, "etc/fstab"))
            .replaceAll("/etc/ssh/ssh_host_ed25519_key.pub", join(root, "etc/host-key"))
            .replaceAll(">/dev/console", `>>'${root}/console'`);
        writeFileSync(join(root, "first-boot"), script);
        const run = `sh '${root}/first-boot'; status=$?; [ $status -ne 0 ] || { cd '${root}/app/data' && ${then}; } || status=99; exit $status`;
        const { status, stdout, stderr } = spawnSync(
            "unshare",
            ["--mount", "--propagation", "private", "sh", "-c", run],
            {
                encoding: "utf8",
                env: { ...process.env, PATH: `${root}/bin:${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
            },
        );
        const read = (name: string) => (existsSync(join(root, name)) ? readFileSync(join(root, name), "utf8") : "");
        const said = readAnnouncement(read("console"));
        return { status, stdout: stdout.trim(), stderr, said, hostKey, fstab: read("etc/fstab"), calls: read("calls"), root }; // prettier-ignore
    }

    it("formats a blank volume, mounts it for good, and says the host key", () => {
        const { status, stdout, stderr, said, hostKey, fstab, calls, root } = boot("stat --file-system --format %T .");
        assert.equal(status, 0, stderr + JSON.stringify(said));
        assert.equal(stdout, "ext2/ext3");
        assert.deepEqual(said, { kind: "host-key", hostKey });
        assert.equal(fstab, `${root}/dev/volume ${root}/app/data ext4 defaults,nofail,x-systemd.growfs,x-systemd.device-timeout=60 0 2\n`); // prettier-ignore
        assert.match(calls, /^useradd --system --uid 880 /m);
        assert.match(calls, /^chattr \+i .*app\/data$/m);
    });

    it("mounts a volume that outlived its server as it is, and grows it to its size", () => {
        assert.equal(boot("echo precious >data && chown 880:880 data").said.kind, "host-key");
        detach();
        truncateSync(at("volume"), 64 * MEGABYTE);
        const { status, stdout, stderr, said } = boot(
            "cat data && stat --format %u data && df --output=size -B1M . | tail -1",
        );
        assert.equal(status, 0, stderr + JSON.stringify(said));
        assert.equal(said.kind, "host-key", JSON.stringify(said));
        const [content, owner, size] = stdout.split("\n");
        assert.deepEqual([content, owner], ["precious", "880"]);
        assert.ok(Number(size) > 40, size);
        assert.equal(said.kind, "host-key");
    });

    const foreign: [string, () => void, RegExp][] = [
        ["something unknown", () => { writeFileSync(at("volume"), Buffer.alloc(8 * MEGABYTE, "x")); }, /neither blank nor ext4 \(unknown\)/], // prettier-ignore
        ["swap", () => { execFileSync("mkswap", [at("volume")], { stdio: "ignore", env: { PATH: `${process.env["PATH"] ?? ""}:/sbin:/usr/sbin` } }); }, /neither blank nor ext4 \(swap\)/], // prettier-ignore
    ];
    for (const [title, fill, words] of foreign)
        it(`changes nothing on a volume that holds ${title}, and says so instead of its host key`, () => {
            fill();
            const before = readFileSync(at("volume"));
            const { status, said } = boot();
            assert.equal(status, 1);
            assert.equal(said.kind, "problem");
            assert.match(said.words, words);
            assert.ok(before.equals(readFileSync(at("volume"))));
        });

    it("says so when the volume is never attached, and makes no folder in its place", () => {
        const { status, said, root } = boot("true", false);
        assert.equal(status, 1);
        assert.equal(said.kind, "problem");
        assert.match(said.words, /vol-0123456789abcdef0 was not attached within 600 s/);
        assert.ok(!existsSync(join(root, "app/data")));
        assert.equal(statSync(at("volume")).size, 32 * MEGABYTE);
    });
});
