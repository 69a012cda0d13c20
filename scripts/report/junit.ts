import type { Check, DrillRecord } from "../drill/record.ts";
import { cleanup, headline } from "./console.ts";
import { type Markup, lines, markup } from "./markup.ts";

interface Case {
    readonly name: string;
    readonly status: Check["status"];
    readonly message: string;
    readonly details: string;
}

/**
 * The drill as JUnit XML for a CI: a suite for each kind of check with a case for each database, and a suite "drill" for
 * what is no check. It is red exactly when the verdict is "failed": an inconclusive check is an error, never a pass.
 */
export function renderJunit(record: DrillRecord): string {
    const suites = [
        { name: "drill", cases: drillCases(record) },
        ...[...Map.groupBy(record.checks, (check) => check.id)].map(([id, checks]) => ({
            name: id,
            cases: checks.map(caseOf),
        })),
    ];
    const seconds =
        record.finishedAt === null ? 0 : (Date.parse(record.finishedAt) - Date.parse(record.startedAt)) / 1000;
    const all = suites.flatMap((suite) => suite.cases);
    return [
        `<?xml version="1.0" encoding="UTF-8"?>\n`,
        markup`<testsuites name="slotkeeper drill ${record.runId}" ${counts(all)} time="${seconds.toFixed(3)}">\n`.text,
        ...suites.map(({ name, cases }) => suiteXml(record, name, cases).text),
        `</testsuites>\n`,
    ].join("");
}

/** What a drill must come to besides its checks. */
function drillCases(record: DrillRecord): Case[] {
    const { failure } = record;
    const kept = record.cleanup.kept || record.verdict === "passed";
    const failedChecks = record.checks.filter((check) => check.status === "failed" || check.status === "inconclusive");
    return [
        {
            name: "carried to its end",
            status: failure !== null || record.finishedAt === null ? "inconclusive" : "passed",
            message: failure?.message.split("\n")[0] ?? "the record has no end",
            details: failure === null ? "" : `${failure.message}\n${failure.hint}`,
        },
        {
            name: "verdict",
            status: record.verdict,
            message: headline(record),
            details: `${failedChecks.length} checks did not pass`,
        },
        {
            name: "nothing left behind",
            status: record.cleanup.destroyed ? "passed" : kept ? "not-run" : "failed",
            message: cleanup(record),
            details: "",
        },
    ];
}

function caseOf(check: Check): Case {
    return {
        name: check.database ?? "fleet",
        status: check.status,
        message: check.actual,
        details: `expected: ${check.expected}\nfound: ${check.actual}\nwhat to do: ${check.remedy}`,
    };
}

function suiteXml(record: DrillRecord, name: string, cases: readonly Case[]): Markup {
    return markup`  <testsuite name="${name}" ${counts(cases)} timestamp="${record.startedAt}">
${cases.map((found) => caseXml(name, found))}  </testsuite>
`;
}

function caseXml(suite: string, { name, status, message, details }: Case): Markup {
    const opening = markup`    <testcase classname="drill.${suite}" name="${name}"`;
    const body = lines(details);
    switch (status) {
        case "passed":
            return markup`${opening}/>\n`;
        case "failed":
            return markup`${opening}><failure type="failed" message="${message}">${body}</failure></testcase>\n`;
        case "inconclusive":
            return markup`${opening}><error type="inconclusive" message="${message}">${body}</error></testcase>\n`;
        case "not-run":
            return markup`${opening}><skipped message="${message}"/></testcase>\n`;
    }
}

function counts(cases: readonly Case[]): Markup {
    const of = (status: Check["status"]) => cases.filter((found) => found.status === status).length;
    return markup`tests="${cases.length}" failures="${of("failed")}" errors="${of("inconclusive")}" skipped="${of("not-run")}"`;
}
