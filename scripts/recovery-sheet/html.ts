import { createHash } from "node:crypto";
import { lines, Markup, markup } from "../report/markup.ts";
import type { Block, Sheet } from "./sheet.ts";

const style = `
@page { margin: 15mm }
body { font: 10.5pt/1.4 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #000; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 1.4rem; break-after: avoid }
pre, td { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem .7rem; border: 1px solid #999; margin: .5rem 0 }
pre.shown { border-style: dotted }
.warning { border: 2px solid #000; padding: .6rem .8rem; font-weight: 600 }
th { text-align: left; font-weight: 400; padding-right: 1.5rem; vertical-align: top; white-space: nowrap }
td { overflow-wrap: anywhere }
`;

/** Nothing is loaded, nothing runs: a page of secrets must not talk to anybody. */
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** The sheet as one page for a printer: it loads nothing and runs no script. */
export function renderSheetHtml({ title, sections }: Sheet): string {
    return `<!doctype html>\n${
        markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<h1>${title}</h1>
${sections.map((section) => markup`<h2>${section.title}</h2>\n${section.blocks.map(block)}`)}</body>
</html>`.text
    }\n`;
}

function block(part: Block): Markup {
    if (part.kind === "text") return markup`<p>${part.text}</p>\n`;
    if (part.kind === "warning") return markup`<p class="warning">${part.text}</p>\n`;
    if (part.kind === "commands") return markup`<pre>${lines(part.text)}</pre>\n`;
    if (part.kind === "shown") return markup`<pre class="shown">${lines(part.text)}</pre>\n`;
    return markup`<table>\n${part.rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`)}</table>\n`;
}
