import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { appUnit, litestreamUnit } from "../../components/render/units.ts";
import { renderedLitestream } from "../support/rendered-litestream.ts";
import { toolPath } from "../support/tools.ts";

describe("what is rendered for a server", function () {
    this.timeout(60_000);
    let dir: string;
    beforeEach(async () => {
        dir = await mkdtemp(join(tmpdir(), "slotkeeper-rendered-"));
    });
    afterEach(async () => {
        await rm(dir, { recursive: true });
    });

    const databases = async (text: string) => {
        const file = join(dir, "litestream.yml");
        await writeFile(file, text);
        return execa(toolPath("litestream"), ["databases", "-config", file], { reject: false, extendEnv: false });
    };

    for (const [name, text] of renderedLitestream())
        it(`${name} is taken by Litestream`, async () => {
            const { exitCode, stdout, stderr } = await databases(text);
            assert.equal(exitCode, 0, stderr);
            assert.match(stdout, /\bs3\b/);
        });

    it("a litestream.yml without a bucket is not, so that this proves something", async () => {
        const [text = ""] = renderedLitestream().values();
        const { exitCode, stderr } = await databases(text.replace(/^ +bucket: .*\n/m, ""));
        assert.notEqual(exitCode, 0);
        assert.match(stderr, /bucket required/);
    });

    /** Whether systemd takes units; their programs are stand-ins, as this machine has none of them. */
    async function verified(units: Readonly<Record<string, string>>) {
        const bin = join(dir, "bin");
        await mkdir(bin, { recursive: true });
        for (const [name, text] of Object.entries(units)) {
            const local = text.replaceAll("/opt/slotkeeper/current/bin/", `${bin}/`);
            await writeFile(join(dir, name), local.replaceAll("User=app", "User=root").replaceAll("Group=app", "Group=root")); // prettier-ignore
        }
        for (const program of ["litestream", "slotkeeper", "serve"]) {
            await writeFile(join(bin, program), "#!/bin/sh\n");
            await chmod(join(bin, program), 0o755);
        }
        const files = Object.keys(units).map((name) => join(dir, name));
        const { all } = await execa("systemd-analyze", ["verify", "--man=no", ...files], { reject: false, all: true });
        // Words about this host's own units do not count.
        return all.split("\n").filter((line) => line.includes(dir) || /^(app|litestream@)/.test(line));
    }

    it("systemd takes the units without a word", async function () {
        if (!existsSync("/usr/bin/systemd-analyze")) {
            process.stdout.write("    skipped: this machine has no systemd-analyze\n");
            this.skip();
        }
        const serve = ["/bin/sh", "-c", "echo $HOME 100% done"];
        const [litestream, app] = [litestreamUnit("app"), appUnit("app", serve, { APP_RELEASE: "1 of 2" })];
        assert.deepEqual(await verified({ "litestream@.service": litestream, "app.service": app }), []);
        const broken = litestream.replace("Restart=always", "Restart=sometimes").replace("[Service]", "[Service]\nNoSuchThing=1"); // prettier-ignore
        const found = (await verified({ "litestream@.service": broken })).join("\n");
        assert.match(found, /sometimes[^]*NoSuchThing|NoSuchThing[^]*sometimes/);
    });
});
