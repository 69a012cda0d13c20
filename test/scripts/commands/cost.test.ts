import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { useTemporaryFolder } from "../../support/temporary-folder.ts";

const program = join(import.meta.dirname, "../../../scripts/slotkeeper.ts");

const stack = `config:
  slotkeeper:role: production
  slotkeeper:storage: { backend: aws, region: eu-central-1, replicaBucket: acme-replicas, snapshotBucket: acme-snapshots }
  slotkeeper:server: '{"kind": "ssh", "host": "192.0.2.1", "hostKey": "ssh-ed25519 AAAA"}'
  slotkeeper:rpoSeconds: "60"
  slotkeeper:cost: { budgetUsd: 50, slots: 10 }
  slotkeeper:serverSecret: { secure: v1:AAAA }
`;

interface Answer {
    monthlyUsd: number;
    budgetUsd: number;
    withinBudget: boolean;
    tariff: { name: string };
    notes: string[];
}

describe("slotkeeper cost", function () {
    // Each test starts the program several times.
    this.timeout(60_000);
    const folder = useTemporaryFolder();
    const run = (...argv: string[]) =>
        execa(process.execPath, [program, "cost", ...argv], { cwd: folder(), reject: false });
    const json = async (...argv: string[]) => JSON.parse((await run(...argv, "--json")).stdout) as Answer;

    it("prints the total first, each line with what it comes from, and the prices' source", async () => {
        const { stdout, stderr, exitCode } = await run();
        assert.equal(exitCode, 0);
        assert.equal(stderr, "");
        assert.match(stdout, /^About \$\d+\.\d\d a month at Backblaze B2, within the budget of \$10\.00\n/);
        assert.match(stdout, /Uploads \(class A\) +\$0\.00 {2}[\d.]+ million/);
        assert.match(stdout, /Prices: .*2026-05-01.*read 2026-\d\d-\d\d/);
    });

    it("warns over the budget and ends with 0, or with 11 where that is to be checked", async () => {
        const warned = await run("--backend", "aws");
        assert.equal(warned.exitCode, 0);
        assert.match(warned.stdout, /OVER the budget/);
        assert.match(warned.stderr, /slotkeeper:storage backend: aws → b2 gives \$\d/);
        const checked = await run("--backend", "aws", "--check");
        assert.equal(checked.exitCode, 11);
        assert.match(checked.stderr, /aws → b2 gives/);
        assert.equal((await run("--check")).exitCode, 0);
    });

    it("takes a stack's figures from its file, offline and without its passphrase; an option beside it goes first", async () => {
        writeFileSync(join(folder(), "Pulumi.prod.yaml"), stack);
        const own = await json("--stack", "prod");
        assert.equal(own.budgetUsd, 50);
        assert.equal(own.tariff.name, "AWS S3");
        assert.match(own.notes.join(), /eu-central-1/);
        assert.equal((await json("--stack", "acme/slotkeeper/prod")).monthlyUsd, own.monthlyUsd);
        assert.ok((await json("--stack", "prod", "--rpo", "3")).monthlyUsd > own.monthlyUsd);
        assert.ok((await json("--stack", "prod", "--backend", "b2")).monthlyUsd < own.monthlyUsd);
    });

    it("names what is wrong with a stack, and what there is instead", async () => {
        const refused = async (name: string, text: string | null, status: number, message: RegExp) => {
            if (text !== null) writeFileSync(join(folder(), `Pulumi.${name}.yaml`), text);
            const { exitCode, stderr, stdout } = await run("--stack", name);
            assert.equal(exitCode, status, stderr);
            assert.match(stderr, message);
            assert.equal(stdout, "");
        };
        await refused("staging", stack.replace("production", "staging"), 2, /slotkeeper:role is "staging"/);
        await refused("nobody", null, 10, /Pulumi\.nobody\.yaml does not exist\n.*there are: staging/);
        await refused("typo", stack.replace("budgetUsd", "budgetUSD"), 2, /slotkeeper:cost: .*budgetUSD/);
        await refused("low", stack.replace('"60"', '"1"'), 2, /slotkeeper:rpoSeconds: .*3/);
        await refused("hidden", stack.replace('"60"', "{ secure: v1:AAAA }"), 2, /rpoSeconds is encrypted/);
        await refused("broken", "config: [", 2, /Pulumi\.broken\.yaml is no stack's file/);
    });

    it("refuses an option that is no number, or out of its range, by name", async () => {
        for (const [argv, message] of [
            [["--slots", "many"], /--slots is "many"/],
            [["--slots", "1.5"], /--slots: /],
            [["--busy-hours", "25"], /--busy-hours: /],
            [["--rpo", "1"], /--rpo is 1: .*3/],
            [["--keep-deleted", "0"], /--keep-deleted is 0/],
            [["--slot-mb", "-1"], /--slot-mb is "-1"/],
            [["--backend", "s3"], /--backend/],
            [["--backend", "aws", "--former-prices"], /--former-prices is about B2/],
        ] as const) {
            const { exitCode, stderr } = await run(...argv);
            assert.equal(exitCode, 2, argv.join(" "));
            assert.match(stderr, message);
        }
    });
});
