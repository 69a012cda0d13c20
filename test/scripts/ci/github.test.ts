import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { previewComment } from "../../../scripts/ci/preview-text.ts";

const scripts = join(import.meta.dirname, "../../../scripts/ci");

describe("the scripts of the workflows", () => {
    let dir: string;
    let server: Server;
    let api: string;
    const asked: { method: string; url: string; body: string }[] = [];
    let answer: (url: string) => unknown;

    beforeEach(async () => {
        dir = mkdtempSync(join(tmpdir(), "slotkeeper-ci-"));
        asked.length = 0;
        server = createServer((request, response) => {
            let body = "";
            request.on("data", (chunk) => (body += String(chunk)));
            request.on("end", () => {
                const { method = "", url = "" } = request;
                asked.push({ method, url, body });
                response.statusCode = request.headers.authorization === "Bearer token" ? 200 : 401;
                response.end(JSON.stringify(answer(url)));
            });
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
        rmSync(dir, { recursive: true, force: true });
    });

    const run = (script: string, args: string[], env: Record<string, string>) =>
        execa(process.execPath, ["--disable-warning=ExperimentalWarning", join(scripts, script), ...args], {
            env: { PATH: process.env["PATH"], GITHUB_API_URL: api, GITHUB_REPOSITORY: "acme/app", GITHUB_TOKEN: "token", GITHUB_OUTPUT: join(dir, "output"), ...env }, // prettier-ignore
            extendEnv: false,
            reject: false,
        });
    const outputs = () => readFileSync(join(dir, "output"), "utf8");

    it("begin a drill when it is due and there has been none that day", async () => {
        answer = () => ({ total_count: 0 });
        const due = { SLOTKEEPER_NOW: "2026-12-05T08:10:00Z", TIME_ZONE: "Europe/Berlin" };
        const result = await run("drill-due.ts", [], due);
        assert.equal(result.exitCode, 0, result.stderr);
        assert.equal(outputs(), "due=true\nreport=drill-2026-12-05\n");
        assert.deepEqual(asked.map(({ url }) => url), ["/repos/acme/app/actions/artifacts?name=drill-2026-12-05"]); // prettier-ignore
        answer = () => ({ total_count: 1 });
        rmSync(join(dir, "output"));
        assert.match((await run("drill-due.ts", [], due)).stderr, /there has been one/);
        assert.match(outputs(), /due=false/);
    });

    it("begin none on another day, and one whenever it is asked for", async () => {
        const day = { SLOTKEEPER_NOW: "2026-12-06T08:10:00Z", TIME_ZONE: "" };
        assert.match((await run("drill-due.ts", [], day)).stderr, /2026-12-06 is no Saturday \(UTC\)/);
        await run("drill-due.ts", [], { ...day, ASKED_FOR: "true" });
        assert.match(outputs(), /^due=false\n[^]*due=true\n/);
        assert.deepEqual(asked, []);
    });

    it("name the variable when its zone does not exist, and fail when GitHub does not answer", async () => {
        const zone = await run("drill-due.ts", [], { TIME_ZONE: "Mars" });
        assert.equal(zone.exitCode, 2);
        assert.match(zone.stderr, /DRILL_TIME_ZONE is "Mars": .* such as Europe\/Berlin/);
        answer = () => ({});
        const refused = await run("drill-due.ts", [], { SLOTKEEPER_NOW: "2026-12-05T10:00:00Z", GITHUB_TOKEN: "bad" });
        assert.notEqual(refused.exitCode, 0);
        assert.match(refused.stderr, /401/);
    });

    it("write one comment for each stack, and write it anew at the next preview", async () => {
        const file = join(dir, "preview.txt");
        writeFileSync(file, "Policies:\n    ok\n");
        const env = { STACK: "prod", PULL_REQUEST: "7", COMMIT: "0123456789", PREVIEW_STATUS: "0" };
        const mark = "<!-- slotkeeper-preview prod -->";
        // The mark in a person's words, and another stack's comment, are not ours to change.
        const others = [{ id: 1, body: mark, user: { type: "User" } }, { id: 2, body: "<!-- slotkeeper-preview staging -->", user: { type: "Bot" } }]; // prettier-ignore
        answer = (url) => (url.includes("?") ? others : {});
        const first = await run("preview-comment.ts", [file], env);
        assert.equal(first.exitCode, 0, first.stderr);
        assert.deepEqual(asked.map(({ method, url }) => `${method} ${url}`), ["GET /repos/acme/app/issues/7/comments?per_page=100&page=1", "POST /repos/acme/app/issues/7/comments"]); // prettier-ignore
        asked.length = 0;
        answer = (url) => (url.includes("?") ? [...others, { id: 3, body: `${mark}\nold`, user: { type: "Bot" } }] : {}); // prettier-ignore
        await run("preview-comment.ts", [file], { ...env, PREVIEW_STATUS: "255" });
        assert.equal(asked[1]?.method, "PATCH");
        assert.equal(asked[1].url, "/repos/acme/app/issues/comments/3");
        assert.match(asked[1].body, /Preview \*\*failed\*\* of `prod` at 0123456/);
    });
});

describe("a preview as a comment", () => {
    const preview = { stack: "prod", output: "plan", passed: true, commit: "0123456789" };
    it("keeps the end of what is too long for GitHub: policies and summary are there", () => {
        const { body } = previewComment({ ...preview, output: `begin${"x".repeat(70_000)}end` });
        assert.ok(body.length < 65_536);
        assert.match(body, /the beginning is in the job's log/);
        assert.match(body, /end\n```\n$/);
        assert.doesNotMatch(body, /begin[x]/);
    });
    it("cannot be ended by what is in it", () => {
        const { body } = previewComment({ ...preview, output: "a\n```\n<img>\n" });
        assert.match(body, /^````text\n[^]*^````$/m);
    });
});
