// Run by .github/workflows/preview.yml: puts the end of a preview into one comment of the pull request, for each stack.
import { readFileSync } from "node:fs";
import process from "node:process";
import { previewComment } from "./preview-text.ts";

const variable = (name: string): string => {
    const value = process.env[name];
    if (value === undefined || value === "") throw new Error(`${name} is not set`);
    return value;
};

const [file = ""] = process.argv.slice(2);
const comments = `${variable("GITHUB_API_URL")}/repos/${variable("GITHUB_REPOSITORY")}/issues`;
const headers = { authorization: `Bearer ${variable("GITHUB_TOKEN")}`, accept: "application/vnd.github+json" };

async function github(method: string, url: string, body?: unknown): Promise<unknown> {
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return response.json();
}

/** The comment that an earlier run of this workflow wrote: only a bot's, for anybody may copy the mark. */
async function earlier(issue: string, mark: string): Promise<number | undefined> {
    for (let page = 1; ; page++) {
        const found = (await github("GET", `${comments}/${issue}/comments?per_page=100&page=${page}`)) as {
            id: number;
            body?: string;
            user: { type: string } | null;
        }[];
        const own = found.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(mark));
        if (own !== undefined || found.length < 100) return own?.id;
    }
}

const { mark, body } = previewComment({
    stack: variable("STACK"),
    output: readFileSync(file, "utf8"),
    passed: variable("PREVIEW_STATUS") === "0",
    commit: variable("COMMIT"),
});
const issue = variable("PULL_REQUEST");
const id = await earlier(issue, mark);
if (id === undefined) await github("POST", `${comments}/${issue}/comments`, { body });
else await github("PATCH", `${comments}/comments/${id}`, { body });
