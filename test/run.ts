import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { z } from "zod";
import { ensureBaseImage } from "../local/machine/image.ts";
import { ensureSystemPackages } from "../local/toolchain/system-packages.ts";
import { ensureToolchain } from "../local/toolchain/ensure.ts";
import { EXIT, SlotkeeperError } from "../scripts/errors.ts";
import { chromiumPath, noChromium } from "./support/chromium.ts";
import { installStockPrograms, noStockPrograms } from "./support/stock-programs.ts";

/**
 * `npm test [-- SUITE…]`: type check, lint, unit, integration, end-to-end. Each suite that this machine cannot run is
 * named with the reason. Ends with "N passed, N failed".
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const counts = z.object({ passes: z.int(), failures: z.int(), pending: z.int() });
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Suite {
    readonly name: string;
    readonly why: string | null;
    readonly run: (scratch: string) => Promise<{ passed: number; failed: number }>;
}

async function tool(title: string, script: string, args: readonly string[]) {
    const { exitCode } = await execa(process.execPath, [join(root, "node_modules", script), ...args], {
        cwd: root,
        stdio: "inherit",
        reject: false,
    });
    say(`${exitCode === 0 ? "passed" : "FAILED"}: ${title}`);
    return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function mocha(scratch: string, args: readonly string[], wrap: readonly string[] = []) {
    const countsFile = join(scratch, "counts.json");
    await rm(countsFile, { force: true });
    const reporter = join(root, "test/support/counting-reporter.cjs");
    const { exitCode } = await execa(
        process.execPath,
        // --exit: a failed test may leave a server behind, which must not keep the whole run waiting.
        [...wrap, join(root, "node_modules/mocha/bin/mocha.js"), "--exit", "--reporter", reporter, ...args],
        {
            cwd: root,
            stdio: "inherit",
            reject: false,
            env: { SLOTKEEPER_COUNTS: countsFile, SLOTKEEPER_TOOLS: join(scratch, "tools") },
        },
    );
    const seen = await readFile(countsFile, "utf8").then(
        (text) => counts.parse(JSON.parse(text)),
        () => null,
    );
    // A runner that died before its end counts as a failure, whatever it had counted.
    if (seen === null || seen.passes + seen.failures === 0) return { passed: 0, failed: 1 };
    return { passed: seen.passes, failed: Math.max(seen.failures, exitCode === 0 ? 0 : 1) };
}

function suites(toolsProblem: string | null, machinesProblem: string | null): Suite[] {
    const eslint = () => tool("lint", "eslint/bin/eslint.js", ["--max-warnings=0", "."]);
    const c8 = [
        join(root, "node_modules/c8/bin/c8.js"),
        "--all=false",
        "--reporter=text-summary",
        "--include=scripts",
        "--include=components",
        "--include=local",
        "--include=policy",
    ];
    return [
        { name: "types", why: null, run: () => tool("type check", "typescript/bin/tsc", ["-p", "."]) },
        { name: "lint", why: null, run: eslint },
        {
            name: "format",
            why: null,
            run: () => tool("format", "prettier/bin/prettier.cjs", ["--check", "--log-level=warn", "."]),
        },
        {
            name: "unit",
            why: null,
            run: (scratch) =>
                mocha(scratch, ["--spec=test/{components,scripts,local,policy,workflows}/**/*.test.ts"], c8),
        },
        {
            name: "integration",
            why: toolsProblem,
            run: (scratch) => mocha(scratch, ["--timeout=120000", "--spec=test/integration/**/*.test.ts"]),
        },
        {
            name: "e2e",
            why: machinesProblem,
            run: (scratch) => mocha(scratch, ["--timeout=600000", "--spec=test/e2e/**/*.test.ts"]),
        },
    ];
}

/** Puts the tools where the tests look for them; returns why they are not all there, or null. */
async function provideTools(scratch: string): Promise<string | null> {
    try {
        const toolchain = await ensureToolchain(say);
        await execa("mkdir", ["-p", join(scratch, "tools")]);
        for (const { name, path } of Object.values(toolchain)) await symlink(path, join(scratch, "tools", name));
        return null;
    } catch (error) {
        return reason(error);
    }
}

async function provideMachines(): Promise<string | null> {
    try {
        await ensureSystemPackages(say);
        await ensureBaseImage(say);
        return null;
    } catch (error) {
        return reason(error);
    }
}

/** Where they cannot be installed, the tests that need them are skipped, and named. */
async function provideStockPrograms(): Promise<void> {
    await installStockPrograms(say).catch((error: unknown) => {
        say(reason(error));
    });
}

function reason(error: unknown): string {
    if (!(error instanceof SlotkeeperError)) throw error;
    return [error.message, error.hint].filter(Boolean).join("; ");
}

const wanted = process.argv.slice(2);
const scratch = await mkdtemp(join(tmpdir(), "slotkeeper-test-"));
try {
    const needs = (name: string) => wanted.length === 0 || wanted.includes(name);
    const toolsProblem = needs("integration") || needs("e2e") ? await provideTools(scratch) : null;
    if (needs("integration")) await provideStockPrograms();
    const machinesProblem = needs("e2e") ? (toolsProblem ?? (await provideMachines())) : null;
    const all = suites(toolsProblem, machinesProblem);
    const unknown = wanted.filter((name) => !all.some((suite) => suite.name === name));
    if (unknown.length > 0) {
        process.stderr.write(
            `No suite ${unknown.join(", ")}. There are: ${all.map((suite) => suite.name).join(", ")}\n`,
        );
        process.exit(EXIT.usage);
    }
    let [passed, failed] = [0, 0];
    const skipped: string[] = [];
    for (const suite of all.filter(({ name }) => needs(name))) {
        if (suite.why !== null) {
            skipped.push(`skipped: ${suite.name}: ${suite.why}`);
            continue;
        }
        say(`\n== ${suite.name}`);
        const outcome = await suite.run(scratch);
        passed += outcome.passed;
        failed += outcome.failed;
    }
    if (needs("integration") && chromiumPath() === null)
        skipped.push(`skipped: integration: the report in a browser: ${noChromium}`);
    const missingPrograms = needs("integration") ? noStockPrograms() : null;
    if (missingPrograms !== null) skipped.push(`skipped: integration: the recovery sheet: ${missingPrograms}`);
    for (const line of skipped) say(line);
    say(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : EXIT.checkFailed;
} finally {
    await rm(scratch, { recursive: true, force: true });
}
