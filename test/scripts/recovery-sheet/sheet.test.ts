import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toolSpecs } from "../../../local/toolchain/spec.ts";
import { SHEET_LITESTREAM } from "../../../scripts/recovery-sheet/commands.ts";
import { renderSheetHtml } from "../../../scripts/recovery-sheet/html.ts";
import { renderMarkdown } from "../../../scripts/recovery-sheet/markdown.ts";
import { recoverySheet } from "../../../scripts/recovery-sheet/sheet.ts";
import { sheetValues } from "../../support/sheet-values.ts";

const golden = (name: string) => readFileSync(join(import.meta.dirname, "../../golden", name), "utf8");

describe("the recovery sheet", () => {
    it("is this page, as Markdown", async () => {
        assert.equal(renderMarkdown(recoverySheet(await sheetValues())), golden("recovery-sheet.md"));
    });

    it("is this page, for a printer", async () => {
        assert.equal(renderSheetHtml(recoverySheet(await sheetValues())), golden("recovery-sheet.html"));
    });

    it("loads nothing and runs nothing as a page", async () => {
        const page = renderSheetHtml(recoverySheet(await sheetValues()));
        assert.doesNotMatch(page, /<(script|img|link|iframe)|\bsrc=|href=|url\(|@import/i);
        assert.match(page, /default-src &#39;none&#39;/);
    });

    it("has every secret of every generation, in both forms", async () => {
        const values = await sheetValues();
        const sheet = recoverySheet(values);
        const { recoveryKey, encryptionIdentities } = values.outputs;
        const secrets = encryptionIdentities.flatMap(({ identity, passphrase }) => [identity, passphrase]);
        for (const page of [renderMarkdown(sheet), renderSheetHtml(sheet)])
            for (const needed of [recoveryKey.keyId, recoveryKey.secret, ...secrets]) assert.ok(page.includes(needed));
    });

    it("names the Litestream that this project replicates with", () => {
        assert.equal(SHEET_LITESTREAM, toolSpecs.litestream.version);
    });

    it("puts no secret on a command line: they are in files alone", async () => {
        const values = await sheetValues();
        const { recoveryKey, encryptionIdentities } = values.outputs;
        const secrets = [recoveryKey.secret, ...encryptionIdentities.map(({ identity }) => identity)];
        const blocks = recoverySheet(values).sections.flatMap((section) => section.blocks);
        const commands = blocks.filter((block) => block.kind === "commands").map(({ text }) => text);
        const outsideFiles = commands.map((text) => text.replaceAll(/<<'END_OF_FILE'\n.*?^END_OF_FILE$/gms, ""));
        for (const secret of secrets) {
            assert.ok(commands.some((text) => text.includes(secret)));
            assert.equal(
                outsideFiles.some((text) => text.includes(secret)),
                false,
            );
        }
    });

    it("quotes what a shell or curl would read otherwise", async () => {
        const odd = { keyId: "it's", secret: 'a"b\\c$d`e`' };
        const text = renderMarkdown(recoverySheet(await sheetValues({ recoveryKey: odd })));
        assert.ok(text.includes(`LITESTREAM_ACCESS_KEY_ID='it'\\''s'\n`));
        assert.ok(text.includes(`LITESTREAM_SECRET_ACCESS_KEY='a"b\\c$d\`e\`'\n`));
        assert.ok(text.includes(`user = "it's:a\\"b\\\\c$d\`e\`"\n`));
    });

    it("says how new snapshots are encrypted with gpg", async () => {
        const encryption = { method: "gpg" as const, recipient: null, generation: 2 };
        const text = renderMarkdown(recoverySheet(await sheetValues({ encryption })));
        assert.match(text, /^New snapshots {7}gpg, AES-256 with a passphrase, generation 2$/m);
    });
});
