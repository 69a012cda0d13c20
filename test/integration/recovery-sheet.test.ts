import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, Encrypter } from "age-encryption";
import Database from "better-sqlite3";
import { execaSync } from "execa";
import type { RecoveryOutputs } from "../../components/outputs.ts";
import { ageIdentity, ageRecipient } from "../../components/render/snapshot-secret.ts";
import { digestDatabase } from "../../scripts/fleet/digest.ts";
import { oddSlots } from "../support/odd-fleet.ts";
import { blocksOf, type Ran, runBlocks } from "../support/sheet-shell.ts";
import { catalogQuery, openSheetWorld, sheetOf, type SheetWorld, stackName } from "../support/sheet-world.ts";
import { noStockPrograms } from "../support/stock-programs.ts";

const missing = noStockPrograms();
const slotsOfTest = [...oddSlots].sort();

/** Bytes of several of age's 64 KiB pieces. */
const plain = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251));

/** What a program prints, to the last byte: one ciphertext in 256 ends in what execa takes for the end of a line. */
const binary = { encoding: "buffer", stripFinalNewline: false } as const;

describe(`the recovery sheet, followed by hand${missing === null ? "" : ` (${missing})`}`, function () {
    this.timeout(180_000);
    let world: SheetWorld;
    let printed: string;
    const folder = (name: string) => join(world.fleet.dir, name, "work");

    before(async function () {
        if (missing !== null) {
            if (process.argv.includes("--forbid-pending")) throw new Error(missing);
            this.skip();
        }
        world = await openSheetWorld();
        printed = (await world.command(["--stack", stackName])).stdout;
    });

    after(async () => {
        if (missing === null) await world.close();
    });

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
            assert.deepEqual(digest(join(dir, path)), digest(join(world.fleet.sourceDir, path)), path);
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
        const outputs = { ...world.second, fleet: { ...world.second.fleet, catalogQuery: query } };
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
        assert.deepEqual(
            digest(join(dir, `slots/${victim}.db`)),
            digest(join(world.fleet.sourceDir, `slots/${victim}.db`)),
        );
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
        encrypter.addRecipient(world.first.encryption.recipient ?? "");
        await world.put("2026-11-01/fleet.age", await encrypter.encrypt(plain));
        const byAge = execaSync("age", ["-r", world.second.encryption.recipient ?? ""], {
            input: plain,
            ...binary,
        });
        await world.put("2026-11-02/fleet.age", byAge.stdout);

        for (const key of ["2026-11-01/fleet.age", "2026-11-02/fleet.age"]) {
            const { status, output, content } = fetchSnapshot(printed, key, folder(`age-${key.slice(8, 10)}`));
            assert.equal(status, 0, output);
            assert.ok(content?.equals(plain));
        }
        const latest = runBlocks([...blocksOf(printed).slice(1, 4), ...blocksOf(printed).slice(-2)], folder("latest"));
        assert.equal(latest.at(-1)?.status, 0, latest.at(-1)?.output);
        assert.ok(readFileSync(join(folder("latest"), "snapshot")).equals(plain), "as printed, it takes the last one");

        const decrypter = new Decrypter();
        for (const { identity } of world.second.encryptionIdentities) decrypter.addIdentity(identity);
        assert.ok(Buffer.from(await decrypter.decrypt(byAge.stdout)).equals(plain));
    });

    it("cannot decrypt a snapshot that is newer than the sheet, and says so", () => {
        const { status, output, content } = fetchSnapshot(
            sheetOf(world.first),
            "2026-11-02/fleet.age",
            folder("older"),
        );
        assert.notEqual(status, 0);
        assert.match(output, /no identity matched any of the recipients/);
        assert.equal(content, null);
    });

    it("decrypts snapshots made with gpg, of every generation", async () => {
        for (const { generation, passphrase } of world.second.encryptionIdentities) {
            const file = join(world.fleet.dir, `passphrase-${generation}`);
            writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
            // Symmetric, AES-256, with the passphrase in a file.
            const symmetric = ["--symmetric", "--cipher-algo", "AES256", "--passphrase-file", file];
            // The count is given, for gpg would ask its agent for one.
            const quiet = ["--batch", "--no-options", "--no-keyring", "--no-autostart", "--no-random-seed-file"];
            quiet.push("--pinentry-mode", "loopback", "--s2k-count", "65011712");
            const { stdout } = execaSync("gpg", [...quiet, ...symmetric], { input: plain, ...binary });
            await world.put(`2026-11-0${generation}/fleet.gpg`, stdout);
        }
        for (const { generation } of world.second.encryptionIdentities) {
            const key = `2026-11-0${generation}/fleet.gpg`;
            const { status, output, content } = fetchSnapshot(printed, key, folder(`gpg-${generation}`));
            assert.equal(status, 0, output);
            assert.ok(content?.equals(plain));
        }
        const other = fetchSnapshot(sheetOf(world.first), "2026-11-02/fleet.gpg", folder("gpg-older"));
        assert.notEqual(other.status, 0);
        assert.match(other.output, /decryption failed: Bad session key/);
    });

    it("says what is wrong with a sheet of another stack", async () => {
        const strange = ageIdentity("another stack's password");
        const outputs: RecoveryOutputs = {
            ...world.second,
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
        const keysOfThisStack = { ...outputs, recoveryKey: world.second.recoveryKey };
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
});

function digest(path: string) {
    const database = new Database(path, { readonly: true });
    try {
        return digestDatabase(database);
    } finally {
        database.close();
    }
}
