import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { userData, userDataLimitBytes, volumeDevice } from "../../../components/render/user-data.ts";
import { assertGolden } from "../../support/golden.ts";

const volume = { id: "vol-0123456789abcdef0", mountPoint: "/app/data", user: "app" };

interface CloudConfig {
    bootcmd?: string[];
    write_files: { path: string; content: string }[];
    [key: string]: unknown;
}
const parse = (text: string) => load(text) as CloudConfig;

describe("the user data of an EC2 server", () => {
    const all = { production: userData({ volume }), staging: userData({ lifetimeMinutes: 120 }) };

    for (const [role, text] of Object.entries(all)) {
        it(`is, in ${role}, as it was looked at`, () => {
            assertGolden(`user-data/${role}.yaml`, text);
        });

        it(`is cloud-config that EC2 takes, and valid shell, in ${role}`, () => {
            assert.ok(text.startsWith("#cloud-config\n"));
            assert.ok(Buffer.byteLength(text) < userDataLimitBytes);
            const { bootcmd = [], write_files } = parse(text);
            for (const script of [...bootcmd, ...write_files.map(({ content }) => content)])
                execFileSync("sh", ["-n"], { input: script });
        });

        it(`lets root in by key alone, and has the one host key that is pinned, in ${role}`, () => {
            const { disable_root, ssh_pwauth, ssh_genkeytypes } = parse(text);
            assert.deepEqual([disable_root, ssh_pwauth, ssh_genkeytypes], [false, false, ["ed25519"]]);
        });
    }

    it("sets the end of a drill's server before anything else, and that of no other", () => {
        assert.equal(Object.keys(parse(all.staging))[0], "bootcmd");
        assert.match(parse(all.staging).bootcmd?.[0] ?? "", /^OnBootSec=120min$/m);
        assert.doesNotMatch(all.production, /poweroff|bootcmd/);
    });

    it("formats and mounts nothing where there is no data volume", () => {
        assert.doesNotMatch(all.staging, /mkfs|mount/);
    });

    it("takes any path as it is", () => {
        const odd = userData({ volume: { ...volume, mountPoint: "/srv/it's a $HOME\\" } });
        const [file] = parse(odd).write_files;
        const script = file?.content ?? "";
        execFileSync("sh", ["-n"], { input: script });
        const assignment = /^ {2}folder=.*$/m.exec(script)?.[0] ?? "";
        assert.equal(spawnSync("sh", ["-c", `${assignment}; printf %s "$folder"`]).stdout.toString(), "/srv/it's a $HOME\\"); // prettier-ignore
        assert.match(script, /vol0123456789abcdef0 \/srv\/it'\\''s\\040a\\040\$HOME\\134 ext4/);
    });

    it("finds a volume where Nitro has it", () => {
        assert.equal(volumeDevice(volume.id), "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0");
    });

    it("has units that systemd takes", function () {
        if (spawnSync("systemd-analyze", ["--version"]).status !== 0) this.skip();
        const folder = mkdtempSync(join(tmpdir(), "slotkeeper-user-data-"));
        try {
            const script = parse(all.staging).bootcmd?.[0] ?? "";
            const units = [...script.matchAll(/cat >\/etc\/systemd\/system\/(\S+) <<'UNIT'\n([^]*?)UNIT\n/g)];
            assert.equal(units.length, 2);
            const paths = units.map(([, name = "", text = ""]) => {
                writeFileSync(join(folder, name), text);
                return join(folder, name);
            });
            const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], {
                encoding: "utf8",
            });
            assert.equal(status, 0, stderr);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
