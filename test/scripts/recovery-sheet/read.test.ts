import assert from "node:assert/strict";
import { SlotkeeperError } from "../../../scripts/errors.ts";
import { staleness } from "../../../scripts/recovery-sheet/check.ts";
import { renderSheetHtml } from "../../../scripts/recovery-sheet/html.ts";
import { renderMarkdown } from "../../../scripts/recovery-sheet/markdown.ts";
import { readSheet } from "../../../scripts/recovery-sheet/read.ts";
import { secretFiles } from "../../../scripts/recovery-sheet/secrets.ts";
import { recoverySheet, type SheetValues } from "../../../scripts/recovery-sheet/sheet.ts";
import { sheetValues } from "../../support/sheet-values.ts";

const forms: [string, (values: SheetValues) => string][] = [
    ["Markdown", (values) => renderMarkdown(recoverySheet(values))],
    ["HTML", (values) => renderSheetHtml(recoverySheet(values))],
    [
        "Markdown with the line ends of another system",
        (values) => renderMarkdown(recoverySheet(values)).replaceAll("\n", "\r\n"),
    ],
];

describe("reading a recovery sheet", () => {
    for (const [form, render] of forms)
        it(`gives back what it was made from: ${form}`, async () => {
            const values = await sheetValues({ recoveryKey: { keyId: "it's <k>", secret: `a"b\\c$d&e` } });
            const sheet = readSheet(render(values));
            const { outputs } = values;
            assert.deepEqual(sheet.files, secretFiles(outputs));
            assert.deepEqual({ keyId: sheet.keyId, secret: sheet.secret }, outputs.recoveryKey);
            assert.equal(sheet.endpoint, outputs.location.endpoint);
            assert.equal(sheet.region, outputs.location.region);
            assert.equal(sheet.replicaBucket, outputs.location.replicaBucket);
            assert.equal(sheet.snapshotBucket, outputs.location.snapshotBucket);
            assert.equal(sheet.recipient, outputs.encryption.recipient);
            assert.deepEqual(sheet.identities, outputs.encryptionIdentities.map(({ identity }) => identity)); // prettier-ignore
            assert.deepEqual(sheet.changed, []);
            assert.deepEqual(staleness(sheet, outputs), []);
        });

    it("names each file that is not as it was printed", async () => {
        const text = renderMarkdown(recoverySheet(await sheetValues()));
        assert.deepEqual(readSheet(text.replace("AGE-SECRET-KEY-1K", "AGE-SECRET-KEY-1L")).changed, ["identities.txt"]);
        assert.deepEqual(readSheet(text.replaceAll("K005example", "K006example")).changed, ["store.env", "curl.conf"]);
    });

    it("names what the stack has changed since", async () => {
        const old = await sheetValues();
        const sheet = readSheet(renderMarkdown(recoverySheet(old)));
        const identities = old.outputs.encryptionIdentities;
        const [newest] = identities;
        assert.ok(newest !== undefined);
        const rotated = { ...old.outputs, encryptionIdentities: [{ ...newest, generation: 3 }, ...identities] };
        assert.deepEqual(staleness(sheet, rotated).map((line) => line.split(" ")[0]), ["identities.txt", "passphrase-3"]); // prettier-ignore
        const otherKey = { ...old.outputs, recoveryKey: { keyId: "other", secret: "other" } };
        assert.deepEqual(staleness(sheet, otherKey).map((line) => line.split(" ")[0]), ["store.env", "curl.conf"]); // prettier-ignore
    });

    it("keeps a page that has more than the stack exports: it may be the last that opens those snapshots", async () => {
        const { outputs, ...values } = await sheetValues();
        const sheet = readSheet(renderMarkdown(recoverySheet({ ...values, outputs })));
        const lowered = { ...outputs, encryptionIdentities: outputs.encryptionIdentities.slice(1) };
        const problems = staleness(sheet, lowered);
        assert.equal(problems.length, 1);
        assert.match(problems[0] ?? "", /does not export: keep this page.*set the generation back/);
    });

    it("refuses a text that is none", () => {
        assert.throws(
            () => readSheet("# A shopping list\n"),
            (error) =>
                error instanceof SlotkeeperError && error.kind === "usage" && /no recovery sheet/.test(error.message),
        );
    });
});
