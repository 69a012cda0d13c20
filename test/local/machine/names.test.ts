import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { SlotkeeperError } from "../../../scripts/errors.ts";
import { bridgeName, machineNames, runRef, runToken } from "../../../local/machine/names.ts";

const run = { id: "20260131T235959-k3f9x2", dir: "/cache/runs/20260131T235959-k3f9x2" };

describe("machine names", () => {
    it("fit into the 15 characters of a network link, and differ", () => {
        const [production, staging] = ["production", "staging"].map((name) => machineNames(run, name));
        assert.ok(production !== undefined && staging !== undefined);
        for (const link of [bridgeName(run.id), production.veth, staging.veth]) assert.ok(link.length <= 15, link);
        assert.notEqual(production.veth, staging.veth);
        assert.equal(production.veth, `vb-${production.nspawn}`);
        assert.equal(production.root, `${run.dir}/machines/production/root`);
    });

    it("differ between two runs", () => {
        const other = { ...run, id: "20260131T235959-aaaaaa" };
        assert.notEqual(machineNames(run, "production").cgroup, machineNames(other, "production").cgroup);
        assert.notEqual(bridgeName(run.id), bridgeName(other.id));
    });

    for (const name of ["", "..", "a/b", "-rf", "A", "a b", "a\n", "a".repeat(41)]) {
        it(`refuse ${JSON.stringify(name)}`, () => {
            assert.throws(() => machineNames(run, name), { name: SlotkeeperError.name, kind: "usage" });
        });
    }

    it("know a run's folder by its real path", async () => {
        const folder = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        try {
            await mkdir(join(folder, run.id));
            await symlink(folder, join(folder, "link"));
            const expected = { id: run.id, dir: join(folder, run.id) };
            assert.deepEqual(runRef(join(folder, "link", run.id)), expected);
            assert.deepEqual(runRef(relative(process.cwd(), expected.dir)), expected);
        } finally {
            await rm(folder, { recursive: true });
        }
    });

    it("take no folder for a run's that no run could have", () => {
        assert.deepEqual(runRef(run.dir), run);
        for (const dir of ["/", "/home/user", "/cache/runs/20260131T235959-K3F9X2", "/cache/runs/x/.."]) {
            assert.throws(() => runRef(dir), { kind: "usage" });
        }
        assert.equal(runToken(run.id), "k3f9x2");
    });
});
