import { join } from "node:path";
import { type DrillRecord, replaceFile } from "../drill/record.ts";
import { renderHtml } from "./html.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderMetrics } from "./metrics.ts";

/** What is made from a record: nothing that the record does not say. */
const projections: readonly (readonly [file: string, render: (record: DrillRecord) => string])[] = [
    ["report.html", renderHtml],
    ["summary.md", renderMarkdown],
    ["junit.xml", renderJunit],
    ["metrics.prom", renderMetrics],
];

/** Writes all that is made from a record into a folder that is there, each file in one step; returns their paths. */
export async function writeReport(folder: string, record: DrillRecord): Promise<string[]> {
    const paths: string[] = [];
    for (const [file, render] of projections) {
        const path = join(folder, file);
        await replaceFile(path, render(record));
        paths.push(path);
    }
    return paths;
}
