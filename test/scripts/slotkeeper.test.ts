import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { makeOddFleet } from "../support/odd-fleet.ts";
import { useTemporaryFolder } from "../support/temporary-folder.ts";

describe("slotkeeper", () => {
    const folder = useTemporaryFolder();

    const run = (argv: string[], input = "") => {
        return execa(process.execPath, ["scripts/slotkeeper.ts", ...argv], { reject: false, input });
    };

    it("shows every command but the one for the deployment, and loads no drill for it", async () => {
        const { stdout, exitCode } = await run(["--help"]);
        assert.equal(exitCode, 0);
        for (const command of ["restore", "verify", "digest", "replication", "report", "cost", "drill"])
            assert.match(stdout, new RegExp(`  ${command}`));
        assert.doesNotMatch(stdout, /apply/);
    });

    it("ends with 2 on wrong usage, with nothing on stdout", async () => {
        for (const argv of [["bogus"], ["restore", "some"], ["digest"], ["verify", "--colour"]]) {
            const { exitCode, stdout, stderr } = await run(argv);
            assert.equal(exitCode, 2, argv.join(" "));
            assert.equal(stdout, "");
            assert.notEqual(stderr, "");
        }
    });

    it("names a file that is not there with status 10, and shows no stack", async () => {
        const { exitCode, stderr } = await run(["digest", join(folder(), "absent.db")]);
        assert.equal(exitCode, 10);
        assert.match(stderr, /absent\.db does not exist/);
        assert.doesNotMatch(stderr, /\n\s+at /);
    });

    it("prints a digest once, and the same digest again", async () => {
        makeOddFleet(folder(), { only: ["strict"] });
        const path = join(folder(), "slots", "strict.db");
        const first = await run(["digest", path]);
        assert.match(first.stdout, /^[0-9a-f]{64} {2}\/.*strict\.db$/);
        assert.equal((await run(["digest", path])).stdout, first.stdout);
    });

    it("ends with 11 when a check fails, and still prints the result", async () => {
        const settings = {
            stack: "test",
            role: "production",
            dataDir: folder(),
            replica: { endpoint: "http://127.0.0.1:9", region: "r", bucket: "none" },
            litestream: "/nowhere/litestream",
        };
        writeFileSync(join(folder(), "fleet.json"), JSON.stringify(settings));
        makeOddFleet(folder(), { only: ["strict"], extraIds: ["../x"] });
        const { exitCode, stdout } = await run(["verify", "--settings", join(folder(), "fleet.json"), "--json"]);
        assert.equal(exitCode, 11);
        const result = JSON.parse(stdout) as { catalog: { refused: { id: string }[] } };
        assert.deepEqual(
            result.catalog.refused.map(({ id }) => id),
            ["../x"],
        );
    });

    it("refuses a desired state that is wrong without showing it", async () => {
        const { exitCode, stderr } = await run(["apply"], `{"files": [{"path": "x", "content": "hush"}]`);
        assert.equal(exitCode, 2);
        assert.doesNotMatch(stderr, /hush/);
    });
});
