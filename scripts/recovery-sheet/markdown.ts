import { visible } from "../report/markup.ts";
import type { Block, Sheet } from "./sheet.ts";

/** Characters that fit a line of a printed page. */
const WIDTH = 96;

/** The sheet as Markdown that reads, and prints, as well as it is. */
export function renderMarkdown({ title, sections }: Sheet): string {
    const parts = sections.map((section) => [`## ${section.title}`, ...section.blocks.map(block)].join("\n\n"));
    return `# ${title}\n\n${parts.join("\n\n")}\n`;
}

function block(part: Block): string {
    if (part.kind === "text") return wrap(part.text);
    if (part.kind === "warning") return wrap(part.text, "> ");
    if (part.kind === "commands") return `\`\`\`sh\n${part.text}\`\`\``;
    if (part.kind === "shown") return `\`\`\`text\n${part.text}\`\`\``;
    const width = Math.max(...part.rows.map(([name]) => name.length));
    const rows = part.rows.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`);
    return `\`\`\`text\n${rows.join("\n")}\n\`\`\``;
}

function wrap(text: string, prefix = ""): string {
    const lines = [""];
    for (const word of visible(text).split(" ")) {
        const last = lines.at(-1) ?? "";
        if (last !== "" && prefix.length + last.length + 1 + word.length > WIDTH) lines.push(word);
        else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    }
    return lines.map((line) => prefix + line).join("\n");
}
