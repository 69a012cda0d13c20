import { Command } from "commander";

import { SlotkeeperError } from "../errors.ts";
import { findDrift } from "../fleet/drift.ts";

import { printResult } from "./terminal.ts";

/** `drift`: whether this server is as the last `pulumi up` left it. */
export function driftCommand(): Command {
    return new Command("drift")
        .description("compare this server with what the last pulumi up left on it (11: something has drifted)")
        .option("--json", "print it as JSON, and end with 0 also when something has drifted")
        .action(async ({ json }: { json?: boolean }) => {
            const report = await findDrift();
            if (json === true) {
                printResult(report);
                return;
            }
            const lines = Object.values(report.applied).flatMap(({ drifted }) => drifted);
            if (lines.length > 0)
                throw new SlotkeeperError("checkFailed", lines.join("\n"), "pulumi up repairs what has drifted");
            printResult("this server is as the last pulumi up left it");
        });
}
