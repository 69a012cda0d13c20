import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSheetWorld, sheetOf, type SheetWorld, snapshotBucket, stackName } from "../support/sheet-world.ts";

describe("slotkeeper recovery-sheet", function () {
    this.timeout(180_000);
    let world: SheetWorld;
    let printed: string;

    before(async () => {
        world = await openSheetWorld();
        printed = (await world.command(["--stack", stackName])).stdout;
    });
    after(() => world.close());

    it("prints a page to a file for this user alone, and overwrites none unasked", async () => {
        const out = ["--stack", stackName, "--out"];
        const made = await world.command([...out, "sheet.md"]);
        assert.equal(made.exitCode, 0, made.stderr);
        assert.equal(made.stdout, "");
        assert.match(made.stderr, /sheet\.md: print it, keep it in two places/);
        assert.doesNotMatch(made.stderr, /AGE-SECRET-KEY/);
        const path = join(world.fleet.dir, "sheet.md");
        assert.equal(statSync(path).mode & 0o777, 0o600);
        const undated = (text: string) => text.replace(/^Printed .*$/m, "");
        assert.equal(undated(readFileSync(path, "utf8")), undated(`${printed}\n`));

        const again = await world.command([...out, "sheet.md"]);
        assert.equal(again.exitCode, 2);
        assert.match(again.stderr, /sheet\.md is there already\n.*--force/);
        writeFileSync(path, "old", { mode: 0o644 });
        assert.equal((await world.command([...out, "sheet.md", "--force"])).exitCode, 0);
        assert.match(readFileSync(path, "utf8"), /^# Recovery sheet/);
        assert.equal(statSync(path).mode & 0o777, 0o600);

        assert.equal((await world.command([...out, "sheet.html"])).exitCode, 0);
        const html = readFileSync(join(world.fleet.dir, "sheet.html"), "utf8");
        assert.match(html, /^<!doctype html>/);
        assert.ok(html.includes(world.second.encryptionIdentities[1]?.identity ?? "?"));
    });

    it("tries a page: its key on both buckets, its identities, and whether the stack has changed since", async () => {
        const page = (name: string, text: string) => {
            writeFileSync(join(world.fleet.dir, name), text);
            return world.command(["--check", name]);
        };
        const good = await page("good.md", `${printed}\n`);
        assert.equal(good.exitCode, 0, good.stderr);
        assert.match(good.stdout, /its key lists both buckets, and its 2 identities are whole/);
        const current = await world.command(["--check", "good.md", "--stack", stackName]);
        assert.equal(current.exitCode, 0, current.stderr);

        writeFileSync(join(world.fleet.dir, "old.md"), sheetOf(world.first));
        const old = await world.command(["--check", "old.md", "--stack", stackName]);
        assert.equal(old.exitCode, 11);
        assert.match(old.stderr, /identities\.txt is no longer what the stack exports/);

        const typo = await page("typo.md", `${printed}\n`.replace(/(AGE-SECRET-KEY-1.*)[^Q]$/m, "$1Q"));
        assert.equal(typo.exitCode, 11);
        assert.match(typo.stderr, /identities\.txt is not as it was printed/);
        assert.match(typo.stderr, /identity 1 of identities\.txt is no age identity/);
        assert.match(typo.stderr, /no identity fits age1/);

        const nobody = { ...world.second, recoveryKey: { keyId: "nobody", secret: "nothing" } };
        const refused = await page("nobody.md", sheetOf(nobody));
        assert.equal(refused.exitCode, 11);
        assert.match(refused.stderr, /the recovery key cannot list fleet: InvalidAccessKeyId/);
        const location = { ...world.second.location, replicaBucket: snapshotBucket };
        const empty = await page("empty.md", sheetOf({ ...world.second, location }));
        assert.match(empty.stderr, /fleet-snapshots has no replica of the global database/);
        const away = { ...world.second, location: { ...world.second.location, endpoint: "http://127.0.0.1:9" } };
        assert.equal((await page("away.md", sheetOf(away))).exitCode, 13);
        assert.equal((await page("none.md", "nothing")).exitCode, 2);
        assert.equal((await world.command(["--check", "absent.md"])).exitCode, 10);
        for (const { stderr } of [typo, refused, old]) assert.doesNotMatch(stderr, /AGE-SECRET-KEY/);
    });

    it("names a stack that is not there, and a passphrase that is wrong", async () => {
        const wrong = await world.command(["--stack", stackName], { PULUMI_CONFIG_PASSPHRASE: "wrong" });
        assert.equal(wrong.exitCode, 2, wrong.stderr);
        assert.match(wrong.stderr, /incorrect passphrase/);
        assert.equal(wrong.stdout, "");
        const absent = await world.command(["--stack", "organization/test/absent"]);
        assert.equal(absent.exitCode, 10, absent.stderr);
        assert.match(absent.stderr, /there is no stack organization\/test\/absent/);
        const usage = await world.command([]);
        assert.equal(usage.exitCode, 2);
        assert.match(usage.stderr, /--stack/);
    });
});
