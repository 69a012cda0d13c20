import assert from "node:assert/strict";
import fc from "fast-check";
import { lines, markup, visible } from "../../../scripts/report/markup.ts";

describe("markup", () => {
    it("escapes what is put into it, and not what is markup already", () => {
        assert.equal(
            markup`<b title="${`"'`}">${"<&>"}${markup`<i>`}</b>`.text,
            `<b title="&quot;&#39;">&lt;&amp;&gt;<i></b>`,
        );
        assert.equal(markup`${["<", markup`<br>`, [1, null]]}`.text, "&lt;<br>1");
    });

    it("lets no text out of an element or an attribute, and leaves nothing that XML 1.0 forbids", () => {
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), (text) => {
                for (const { text: safe } of [markup`${text}`, lines(text)]) {
                    assert.doesNotMatch(safe, /[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
                    assert.doesNotMatch(safe, /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
                }
            }),
        );
    });

    it("shows what cannot be seen", () => {
        assert.equal(
            visible("a\nb\u0000\u202e\ud800\u00e9 \u{1f600}"),
            "a\\nb\\u{0}\\u{202e}\\u{d800}\u00e9 \u{1f600}",
        );
        assert.equal(lines("a\n\tb\r").text, "a\n\tb\\r");
    });
});
