import assert from "node:assert/strict";
import { mounts, mountsUnder, parseMounts } from "../../local/mounts.ts";

describe("mounts", () => {
    it("reads paths with escaped blanks, optional fields and options of the file system", () => {
        const text =
            "36 35 98:0 / /run/a\\040b\\134c rw,noatime shared:1 master:2 - ext4 /dev/sda rw,errors=continue\n" +
            "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n";
        assert.deepEqual(parseMounts(text), [
            { path: "/run/a b\\c", type: "ext4", options: ["rw", "errors=continue"] },
            { path: "/sys/fs/cgroup/systemd", type: "cgroup", options: ["rw", "name=systemd"] },
        ]);
    });

    it("finds this host's own, and none below a folder whose name merely begins alike", () => {
        assert.ok(mounts().some(({ path }) => path === "/proc"));
        assert.ok(mountsUnder("/proc").includes("/proc"));
        assert.deepEqual(mountsUnder("/pro"), []);
    });
});
