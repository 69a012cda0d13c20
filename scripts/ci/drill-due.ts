// Run by .github/workflows/drill.yml before anything is installed: it must not import a package.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { drillDue } from "./first-saturday.ts";

/** Hands `name=value` lines to the next jobs of a workflow; elsewhere prints them. */
function output(values: Readonly<Record<string, string>>): void {
    const text = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
    const file = process.env["GITHUB_OUTPUT"];
    if (file === undefined) process.stdout.write(text.join(""));
    else appendFileSync(file, text.join(""));
}

/** How many drills of this name GitHub keeps the report of: a late or repeated tick makes no second drill that day. */
async function reportsOf(name: string): Promise<number> {
    const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
    const url = `${GITHUB_API_URL ?? ""}/repos/${GITHUB_REPOSITORY ?? ""}/actions/artifacts?name=${name}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${GITHUB_TOKEN ?? ""}` } });
    if (!response.ok) throw new Error(`GitHub does not say which drills there were: ${response.status} ${await response.text()}`); // prettier-ignore
    return ((await response.json()) as { total_count: number }).total_count;
}

const { SLOTKEEPER_NOW, TIME_ZONE, ASKED_FOR } = process.env;
const zone = TIME_ZONE === undefined || TIME_ZONE === "" ? "UTC" : TIME_ZONE;
const now = SLOTKEEPER_NOW === undefined ? new Date() : new Date(SLOTKEEPER_NOW);
try {
    const { due, why, day } = drillDue(now, zone);
    const report = `drill-${day}`;
    if (ASKED_FOR === "true") {
        process.stderr.write("a drill is asked for\n");
        output({ due: "true", report });
    } else if (due && (await reportsOf(report)) > 0) {
        process.stderr.write(`no drill: ${why}, and there has been one\n`);
        output({ due: "false", report });
    } else {
        process.stderr.write(`${due ? "a drill is due" : "no drill"}: ${why}\n`);
        output({ due: String(due), report });
    }
} catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`::error::DRILL_TIME_ZONE is ${JSON.stringify(zone)}: that is no time zone; give one such as Europe/Berlin\n`); // prettier-ignore
    process.exitCode = 2;
}
