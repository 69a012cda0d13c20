import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";
import type { DrillRecord } from "../../scripts/drill/record.ts";
import { renderHtml } from "../../scripts/report/html.ts";
import { renderJunit } from "../../scripts/report/junit.ts";
import { chromiumPath, noChromium } from "../support/chromium.ts";
import { failedRecord, hostileRecord, hostileTexts, passedRecord } from "../support/drill-record.ts";
import { useTemporaryFolder } from "../support/temporary-folder.ts";

const executablePath = chromiumPath();
const forbidden = process.argv.includes("--forbid-pending");

describe(`the report in a browser${executablePath === null ? ` (${noChromium})` : ""}`, function () {
    this.timeout(120_000);
    const folder = useTemporaryFolder();
    let browser: Browser;

    before(async function () {
        if (executablePath === null) {
            if (forbidden) throw new Error(noChromium);
            this.skip();
        }
        browser = await chromium.launch({
            executablePath,
            args: [
                // Chromium's sandbox does not start as root; the page is our own, and loads nothing.
                ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
                ...["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
                ...["--disable-component-update", "--disable-sync"],
            ],
        });
    });
    after(async () => {
        if (executablePath !== null) await browser.close();
    });

    /** Opens the page of a record; fails when it asks for anything, says anything on the console, or breaks its policy. */
    async function open(record: DrillRecord, work: (page: Page) => Promise<void>): Promise<void> {
        const file = join(folder(), "report.html");
        writeFileSync(file, renderHtml(record));
        const page = await browser.newPage();
        try {
            const heard: string[] = [];
            page.on("console", (message) => heard.push(message.text()));
            page.on("pageerror", (error) => heard.push(error.message));
            page.on("request", (request) => {
                if (!request.url().startsWith("data:")) heard.push(request.url());
            });
            const address = pathToFileURL(file).href;
            await page.goto(address);
            await work(page);
            assert.deepEqual(heard, [address]);
        } finally {
            await page.close();
        }
    }

    const records: Readonly<Record<string, () => DrillRecord>> = {
        "1 slot": () => passedRecord(1),
        "200 slots": () => passedRecord(200),
        "2,000 slots": () => passedRecord(2000),
        "2,000 slots and failures": () => failedRecord(2000),
        "hostile ids": hostileRecord,
    };

    for (const [name, record] of Object.entries(records)) {
        it(`is accessible in light and dark, with ${name}`, () =>
            open(record(), async (page) => {
                await page.evaluate(axe.source);
                for (const colorScheme of ["light", "dark"] as const) {
                    await page.emulateMedia({ colorScheme });
                    assert.deepEqual(await violations(page), [], colorScheme);
                }
            }));

        it(`does not overflow at 360 px and 1440 px, with ${name}`, () =>
            open(record(), async (page) => {
                for (const width of [360, 1440]) {
                    await page.setViewportSize({ width, height: 800 });
                    const { scrollWidth, clientWidth } = await page.evaluate<{
                        scrollWidth: number;
                        clientWidth: number;
                    }>(
                        `({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })`,
                    );
                    assert.equal(scrollWidth, clientWidth, `at ${width} px`);
                }
            }));
    }

    it("finds what is not accessible: the check itself can fail", () =>
        open(passedRecord(1), async (page) => {
            await page.evaluate(axe.source);
            await page.evaluate(`document.querySelector(".lead").style.color = "#ccc"`);
            assert.deepEqual(await violations(page), ["color-contrast: .lead"]);
        }));

    it("shows a hostile id as text, and runs nothing of it", () =>
        open(hostileRecord(), async (page) => {
            assert.match(await page.title(), /^Failed: recovery drill/);
            const texts = await page.locator("table.databases th.id").allTextContents();
            assert.ok(texts.includes(hostileTexts[0] ?? ""), texts.join("\n"));
            assert.equal(await page.locator("script, img").count(), 0);
        }));

    it("prints on white paper also where the screen is dark", () =>
        open(passedRecord(20), async (page) => {
            await page.emulateMedia({ colorScheme: "dark", media: "print" });
            const ground = await page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`);
            assert.equal(ground, "rgb(253, 252, 250)");
            assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
        }));

    it("has a JUnit file that an XML parser takes, with every hostile id", () =>
        open(passedRecord(1), async (page) => {
            const found = await page.evaluate<{ root: string; errors: number; cases: string[] }>(`(() => {
                const parsed = new DOMParser().parseFromString(${JSON.stringify(renderJunit(hostileRecord()))}, "application/xml");
                return {
                    root: parsed.documentElement.tagName,
                    errors: parsed.querySelectorAll("parsererror").length,
                    cases: [...parsed.querySelectorAll("testsuite[name=rows] > testcase")].map((found) => found.getAttribute("name")),
                };
            })()`);
            assert.deepEqual([found.root, found.errors], ["testsuites", 0]);
            assert.equal(found.cases.length, hostileTexts.length);
            assert.equal(found.cases[0], hostileTexts[0]);
        }));
});

/** What axe finds: each rule with the first element that breaks it. */
async function violations(page: Page): Promise<string[]> {
    const { violations: found } = await page.evaluate<axe.AxeResults>(`axe.run({ resultTypes: ["violations"] })`);
    return found.map(({ id, nodes }) => `${id}: ${String(nodes[0]?.target)}`);
}
