import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Decrypter, Encrypter } from "age-encryption";
import Database from "better-sqlite3";
import { execa, execaSync } from "execa";
import { EncryptionSecret } from "../../components/encryption-secret.ts";
import { type RecoveryOutputs, recoveryOutputsSchema } from "../../components/outputs.ts";
import { bucketPolicy } from "../../components/render/least-privilege.ts";
import { ageIdentity, ageRecipient } from "../../components/render/snapshot-secret.ts";
import { storeClient } from "../../local/store-admin.ts";
import { digestDatabase } from "../../scripts/fleet/digest.ts";
import { renderMarkdown } from "../../scripts/recovery-sheet/markdown.ts";
import { recoverySheet } from "../../scripts/recovery-sheet/sheet.ts";
import { makeOddFleet, oddSlots } from "../support/odd-fleet.ts";
import { makeStack, type TestStack } from "../support/pulumi-stack.ts";
import { type FleetWorld, openFleetWorld } from "../support/replicated-fleet.ts";
import { blocksOf, type Ran, runBlocks } from "../support/sheet-shell.ts";
import { noStockPrograms } from "../support/stock-programs.ts";
import { toolPath } from "../support/tools.ts";

const missing = noStockPrograms();
const catalogQuery = "SELECT id FROM slots WHERE active = 1";
const snapshotBucket = "fleet-snapshots";
const slotsOfTest = [...oddSlots].sort();

/** Bytes of several of age's 64 KiB pieces. */
const plain = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251));

describe(`the recovery sheet, followed by hand${missing === null ? "" : ` (${missing})`}`, function () {
    this.timeout(180_000);
    let world: FleetWorld;
    let made: TestStack;
    const settings = { method: "age" as "age" | "gpg", generation: 1 };
    let first: RecoveryOutputs;
    let second: RecoveryOutputs;
    let printed: string;
    const folder = (name: string) => join(world.dir, name, "work");

    before(async function () {
        if (missing !== null) {
            if (process.argv.includes("--forbid-pending")) throw new Error(missing);
            this.skip();
        }
        world = await openFleetWorld();
        makeOddFleet(world.sourceDir);
        await world.replicate();
        await makeSnapshotBucket();
        made = await makeStack(["random"], () => {
            const secret = new EncryptionSecret("encryption", { encryption: settings, disposable: false });
            const { accessKey: keyId, secretKey } = world.store.accounts.reader;
            return Promise.resolve({
                role: "production",
                location: {
                    backend: "s3-compatible",
                    endpoint: world.store.endpoint,
                    region: world.store.region,
                    replicaBucket: "fleet",
                    snapshotBucket,
                },
                recoveryKey: { keyId, secret: secretKey },
                encryption: secret.encryption,
                encryptionIdentities: secret.identities,
                fleet: { dataDir: "/app/data", catalogQuery },
            });
        });
        first = await up();
        settings.generation = 2;
        second = await up();
        printed = (await command(["--stack", "organization/test/test"])).stdout;
    });

    after(async () => {
        if (missing !== null) return;
        await world.close();
        await made[Symbol.asyncDispose]();
    });

    async function up(): Promise<RecoveryOutputs> {
        const { outputs } = await made.stack.up();
        const values = Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]);
        return recoveryOutputsSchema.parse(Object.fromEntries(values));
    }

    /** `slotkeeper recovery-sheet`, with the backend of the test's stack. */
    function command(argv: string[], more: NodeJS.ProcessEnv = {}) {
        const env = {
            PATH: [dirname(toolPath("pulumi")), process.env["PATH"]].join(delimiter),
            PULUMI_BACKEND_URL: `file://${made.dir}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            INIT_CWD: world.dir,
            ...more,
        };
        return execa(process.execPath, ["scripts/slotkeeper.ts", "recovery-sheet", ...argv], { env, reject: false });
    }

    /** The snapshot bucket, and the reader's right to read both. */
    async function makeSnapshotBucket(): Promise<void> {
        const { endpoint, accounts } = world.store;
        const client = storeClient(endpoint, accounts.root);
        await client.send(new CreateBucketCommand({ Bucket: snapshotBucket }));
        for (const Bucket of ["fleet", snapshotBucket]) {
            const names = { writer: accounts.writer.accessKey, reader: accounts.reader.accessKey };
            await client.send(new PutBucketPolicyCommand({ Bucket, Policy: bucketPolicy(Bucket, names) }));
        }
        client.destroy();
    }

    async function put(key: string, body: Uint8Array): Promise<void> {
        const client = storeClient(world.store.endpoint, world.store.accounts.writer);
        await client.send(new PutObjectCommand({ Bucket: snapshotBucket, Key: key, Body: body }));
        client.destroy();
    }

    const sheetOf = (outputs: RecoveryOutputs) =>
        renderMarkdown(recoverySheet({ stack: "test", printedAt: "2026-11-24T00:00:00Z", outputs }));

    /** The block that holds this text, as it ran. */
    const found = (ran: readonly Ran[], text: string): Ran => {
        const [block] = ran.filter((one) => one.block.includes(text));
        assert.ok(block !== undefined, text);
        return block;
    };

    it("restores every database row for row, with stock programs alone", () => {
        const dir = folder("all");
        const snapshotsFrom = blocksOf(printed).findIndex((block) => block.includes("snapshots.txt"));
        const blocks = blocksOf(printed).slice(0, snapshotsFrom);
        assert.equal(blocks.length, 11);
        const ran = runBlocks(blocks, dir);
        for (const { block, status, output } of ran) assert.equal(status, 0, block + output);
        const listed = found(ran, "listing.xml").output.trimEnd().split("\n").sort();
        assert.deepEqual(listed, ["global/", "slots/", ...slotsOfTest.map((id) => `${id}.db/`)].sort());
        assert.match(found(ran, "litestream ltx").output, /^\d{4}-\d\d-\d\dT[\d:]+Z\n/);
        assert.equal(found(ran, "-o global.db").output.split("\n").at(-2), "ok");
        assert.equal(found(ran, "catalog.sql").output, `${slotsOfTest.length} slots\n`);
        const count = slotsOfTest.length;
        assert.equal(found(ran, "FOUND=").output, `${count} slots in the catalog, ${count} restored\n`);
        for (const path of ["global.db", ...slotsOfTest.map((id) => `slots/${id}.db`)])
            assert.deepEqual(digest(join(dir, path)), digest(join(world.sourceDir, path)), path);
    });

    it("says that there is no snapshot while there is none", () => {
        const blocks = blocksOf(printed);
        const ran = runBlocks([...blocks.slice(1, 4), ...blocks.slice(-2)], folder("none"));
        assert.deepEqual(ran.slice(-2).map(({ output }) => output), ["", "there is no snapshot\n"]); // prettier-ignore
    });

    it("leaves no secret open to other users, and says whether it was typed correctly", () => {
        const dir = folder("typed");
        const blocks = blocksOf(printed);
        const [secrets, fingerprints] = [blocks[1] ?? "", blocks[2] ?? ""];
        const [, right] = runBlocks([secrets, fingerprints], dir);
        assert.ok(right !== undefined && right.output.length > 0);
        assert.ok(printed.includes(`\`\`\`text\n${right.output}\`\`\``));
        for (const name of readdirSync(dir)) assert.equal(statSync(join(dir, name)).mode & 0o077, 0, name);
        const typo = secrets.replace(/(AGE-SECRET-KEY-1.*)Q/, "$1P");
        assert.notEqual(typo, secrets);
        const [, wrong] = runBlocks([typo, fingerprints], folder("mistyped"));
        const differing = (wrong?.output ?? "").split("\n").filter((line) => !right.output.includes(line));
        assert.match(differing.join(), /^[0-9a-f]{12} {2}identities\.txt$/);
    });

    it("is not led astray by keys of another account in the environment", () => {
        const blocks = blocksOf(printed);
        const strange = "export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y AWS_CA_BUNDLE=/z LITESTREAM_S3_ENDPOINT=http://127.0.0.1:9\n"; // prettier-ignore
        const restore = blocks.find((block) => block.includes("-o global.db")) ?? "";
        const ran = runBlocks([strange, blocks[1] ?? "", blocks[3] ?? "", restore], folder("astray"));
        assert.equal(ran.at(-1)?.output.split("\n").at(-2), "ok", ran.at(-1)?.output);
    });

    it("goes on after an interruption, and names what it cannot restore and ids that are no file names", () => {
        const query = `${catalogQuery} UNION SELECT 'absent' UNION SELECT '../x' UNION SELECT 'it''s $(touch pwned)' -- all`;
        const outputs = { ...second, fleet: { ...second.fleet, catalogQuery: query } };
        const dir = folder("gaps");
        const blocks = blocksOf(sheetOf(outputs)).slice(0, 11);
        const ran = runBlocks(blocks, dir);
        const catalog = found(ran, "catalog.sql");
        assert.equal(catalog.output, `../x\nit's $(touch pwned)\n${slotsOfTest.length + 1} slots\n`);
        assert.equal(existsSync(join(dir, "pwned")), false);
        assert.match(found(ran, "failed.txt").output, /no matching backup files available\n.*\nabsent\n$/s);
        const count = slotsOfTest.length;
        assert.equal(found(ran, "FOUND=").output, `${count + 1} slots in the catalog, ${count} restored\n`);

        const [victim = ""] = slotsOfTest;
        rmSync(join(dir, `slots/${victim}.db`));
        const again = runBlocks([blocks[3] ?? "", found(ran, "failed.txt").block], dir);
        assert.equal(again[1]?.output.match(/integrity check passed/g)?.length, 1, "only what was missing");
        assert.deepEqual(digest(join(dir, `slots/${victim}.db`)), digest(join(world.sourceDir, `slots/${victim}.db`)));
    });

    it("names a database that is damaged", () => {
        const dir = folder("damaged");
        const blocks = blocksOf(printed).slice(0, 11);
        runBlocks(blocks.slice(0, -1), dir);
        const path = join(dir, "slots/page_8192.db");
        const bytes = readFileSync(path);
        bytes.fill(0x55, 3 * 8192, 4 * 8192);
        writeFileSync(path, bytes);
        const [, ran] = runBlocks([blocks[3] ?? "", blocks.at(-1) ?? ""], dir);
        assert.match(ran?.output ?? "", /^slots\/page_8192\.db: /m);
    });

    /** Follows the steps of a sheet for one object of the snapshot bucket. */
    function fetchSnapshot(sheet: string, key: string, dir: string) {
        const blocks = blocksOf(sheet);
        const fetch = (blocks.at(-1) ?? "").replace("OBJECT=$(tail -n 1 snapshots.txt)", `OBJECT='${key}'`);
        assert.notEqual(fetch, blocks.at(-1));
        const ran = runBlocks([blocks[1] ?? "", blocks[3] ?? "", blocks.at(-2) ?? "", fetch], dir);
        assert.ok(ran[2]?.output.split("\n").includes(key), "the object is listed");
        const path = join(dir, "snapshot");
        return { ...(ran[3] as Ran), content: existsSync(path) ? readFileSync(path) : null };
    }

    it("decrypts snapshots of every generation with age's own program, made by it or by the library", async () => {
        const encrypter = new Encrypter();
        encrypter.addRecipient(first.encryption.recipient ?? "");
        await put("2026-11-01/fleet.age", await encrypter.encrypt(plain));
        const byAge = execaSync("age", ["-r", second.encryption.recipient ?? ""], { input: plain, encoding: "buffer" });
        await put("2026-11-02/fleet.age", byAge.stdout);

        for (const key of ["2026-11-01/fleet.age", "2026-11-02/fleet.age"]) {
            const { status, output, content } = fetchSnapshot(printed, key, folder(`age-${key.slice(8, 10)}`));
            assert.equal(status, 0, output);
            assert.ok(content?.equals(plain));
        }
        const latest = runBlocks([...blocksOf(printed).slice(1, 4), ...blocksOf(printed).slice(-2)], folder("latest"));
        assert.equal(latest.at(-1)?.status, 0, latest.at(-1)?.output);
        assert.ok(readFileSync(join(folder("latest"), "snapshot")).equals(plain), "as printed, it takes the last one");

        const decrypter = new Decrypter();
        for (const { identity } of second.encryptionIdentities) decrypter.addIdentity(identity);
        assert.ok(Buffer.from(await decrypter.decrypt(byAge.stdout)).equals(plain));
    });

    it("cannot decrypt a snapshot that is newer than the sheet, and says so", () => {
        const { status, output, content } = fetchSnapshot(sheetOf(first), "2026-11-02/fleet.age", folder("older"));
        assert.notEqual(status, 0);
        assert.match(output, /no identity matched any of the recipients/);
        assert.equal(content, null);
    });

    it("decrypts snapshots made with gpg, of every generation", async () => {
        for (const { generation, passphrase } of second.encryptionIdentities) {
            const file = join(world.dir, `passphrase-${generation}`);
            writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
            // Symmetric, AES-256, with the passphrase in a file.
            const symmetric = ["--symmetric", "--cipher-algo", "AES256", "--passphrase-file", file];
            // The count is given, for gpg would ask its agent for one.
            const quiet = ["--batch", "--no-options", "--no-keyring", "--no-autostart", "--no-random-seed-file"];
            quiet.push("--pinentry-mode", "loopback", "--s2k-count", "65011712");
            const { stdout } = execaSync("gpg", [...quiet, ...symmetric], { input: plain, encoding: "buffer" });
            await put(`2026-11-0${generation}/fleet.gpg`, stdout);
        }
        for (const { generation } of second.encryptionIdentities) {
            const key = `2026-11-0${generation}/fleet.gpg`;
            const { status, output, content } = fetchSnapshot(printed, key, folder(`gpg-${generation}`));
            assert.equal(status, 0, output);
            assert.ok(content?.equals(plain));
        }
        const other = fetchSnapshot(sheetOf(first), "2026-11-02/fleet.gpg", folder("gpg-older"));
        assert.notEqual(other.status, 0);
        assert.match(other.output, /decryption failed: Bad session key/);
    });

    it("says what is wrong with a sheet of another stack", async () => {
        const strange = ageIdentity("another stack's password");
        const outputs: RecoveryOutputs = {
            ...second,
            recoveryKey: { keyId: "nobody", secret: "nothing" },
            encryption: { method: "age", recipient: await ageRecipient(strange), generation: 1 },
            encryptionIdentities: [{ generation: 1, identity: strange, passphrase: "none" }],
        };
        const ran = runBlocks(blocksOf(sheetOf(outputs)), folder("other"));
        assert.match(found(ran, "-o global.db").output, /InvalidAccessKeyId/);
        assert.match(found(ran, "listing.xml").output, /error: 40[34]/i);
        assert.match(
            found(ran, "FOUND=").output,
            /^global\.db: .*unable to open.*^0 slots in the catalog, 0 restored$/ms,
        );
        assert.equal(existsSync(join(folder("other"), "global.db")), false, "an empty database is not sound");
        assert.deepEqual(readdirSync(join(folder("other"), "slots")), []);
        const keysOfThisStack = { ...outputs, recoveryKey: second.recoveryKey };
        const { output, content } = fetchSnapshot(sheetOf(keysOfThisStack), "2026-11-01/fleet.age", folder("mixed"));
        assert.match(output, /no identity matched any of the recipients/);
        assert.equal(content, null);
    });

    it("holds a key that cannot write", () => {
        // The sheet's curl.conf signs an empty body.
        const store = 'curl -K curl.conf -X PUT "$ENDPOINT/$REPLICAS/x"\n';
        const remove = 'curl -K curl.conf -X DELETE "$ENDPOINT/$REPLICAS/global/0000/$(head -n 1 ltx.txt)"\n';
        const name = "0000000000000001-0000000000000001.ltx";
        const blocks = [
            blocksOf(printed)[1] ?? "",
            blocksOf(printed)[3] ?? "",
            `echo ${name} > ltx.txt\n`,
            store,
            remove,
        ];
        const ran = runBlocks(blocks, folder("write"));
        for (const { output } of ran.slice(3)) assert.match(output, /returned error: 403/);
    });

    describe("slotkeeper recovery-sheet", () => {
        it("prints a page to a file for this user alone, and overwrites none unasked", async () => {
            const out = ["--stack", "organization/test/test", "--out"];
            const made = await command([...out, "sheet.md"]);
            assert.equal(made.exitCode, 0, made.stderr);
            assert.equal(made.stdout, "");
            assert.match(made.stderr, /sheet\.md: print it, keep it in two places/);
            assert.doesNotMatch(made.stderr, /AGE-SECRET-KEY/);
            const path = join(world.dir, "sheet.md");
            assert.equal(statSync(path).mode & 0o777, 0o600);
            const undated = (text: string) => text.replace(/^Printed .*$/m, "");
            assert.equal(undated(readFileSync(path, "utf8")), undated(`${printed}\n`));

            const again = await command([...out, "sheet.md"]);
            assert.equal(again.exitCode, 2);
            assert.match(again.stderr, /sheet\.md is there already\n.*--force/);
            writeFileSync(path, "old", { mode: 0o644 });
            assert.equal((await command([...out, "sheet.md", "--force"])).exitCode, 0);
            assert.match(readFileSync(path, "utf8"), /^# Recovery sheet/);
            assert.equal(statSync(path).mode & 0o777, 0o600);

            assert.equal((await command([...out, "sheet.html"])).exitCode, 0);
            const html = readFileSync(join(world.dir, "sheet.html"), "utf8");
            assert.match(html, /^<!doctype html>/);
            assert.ok(html.includes(second.encryptionIdentities[1]?.identity ?? "?"));
        });

        it("tries a page: its key on both buckets, its identities, and whether the stack has changed since", async () => {
            const page = (name: string, text: string) => {
                writeFileSync(join(world.dir, name), text);
                return command(["--check", name]);
            };
            const good = await page("good.md", `${printed}\n`);
            assert.equal(good.exitCode, 0, good.stderr);
            assert.match(good.stdout, /its key lists both buckets, and its 2 identities are whole/);
            const current = await command(["--check", "good.md", "--stack", "organization/test/test"]);
            assert.equal(current.exitCode, 0, current.stderr);

            writeFileSync(join(world.dir, "old.md"), sheetOf(first));
            const old = await command(["--check", "old.md", "--stack", "organization/test/test"]);
            assert.equal(old.exitCode, 11);
            assert.match(old.stderr, /identities\.txt is no longer what the stack exports/);

            const typo = await page("typo.md", `${printed}\n`.replace(/(AGE-SECRET-KEY-1.*)[^Q]$/m, "$1Q"));
            assert.equal(typo.exitCode, 11);
            assert.match(typo.stderr, /identities\.txt is not as it was printed/);
            assert.match(typo.stderr, /identity 1 of identities\.txt is no age identity/);
            assert.match(typo.stderr, /no identity fits age1/);

            const nobody = { ...second, recoveryKey: { keyId: "nobody", secret: "nothing" } };
            const refused = await page("nobody.md", sheetOf(nobody));
            assert.equal(refused.exitCode, 11);
            assert.match(refused.stderr, /the recovery key cannot list fleet: InvalidAccessKeyId/);
            const location = { ...second.location, replicaBucket: snapshotBucket };
            const empty = await page("empty.md", sheetOf({ ...second, location }));
            assert.match(empty.stderr, /fleet-snapshots has no replica of the global database/);
            const away = { ...second, location: { ...second.location, endpoint: "http://127.0.0.1:9" } };
            assert.equal((await page("away.md", sheetOf(away))).exitCode, 13);
            assert.equal((await page("none.md", "nothing")).exitCode, 2);
            assert.equal((await command(["--check", "absent.md"])).exitCode, 10);
            for (const { stderr } of [typo, refused, old]) assert.doesNotMatch(stderr, /AGE-SECRET-KEY/);
        });

        it("names a stack that is not there, and a passphrase that is wrong", async () => {
            const wrong = await command(["--stack", "organization/test/test"], { PULUMI_CONFIG_PASSPHRASE: "wrong" });
            assert.equal(wrong.exitCode, 2, wrong.stderr);
            assert.match(wrong.stderr, /incorrect passphrase/);
            assert.equal(wrong.stdout, "");
            const absent = await command(["--stack", "organization/test/absent"]);
            assert.equal(absent.exitCode, 10, absent.stderr);
            assert.match(absent.stderr, /there is no stack organization\/test\/absent/);
            const usage = await command([]);
            assert.equal(usage.exitCode, 2);
            assert.match(usage.stderr, /--stack/);
        });
    });
});

function digest(path: string) {
    const database = new Database(path, { readonly: true });
    try {
        return digestDatabase(database);
    } finally {
        database.close();
    }
}
