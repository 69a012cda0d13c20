import { readFile } from "node:fs/promises";

import { Command } from "commander";

import { writeFileAtomically } from "../adapters/atomic-file.ts";
import { EXIT } from "../errors.ts";
import { fleetVerdict, verdictText } from "../fleet/fleet-verdict.ts";
import { loadFleetSettings } from "../fleet/load-settings.ts";
import { fleetPassed, type FleetResult, fleetResultSchema } from "../fleet/result.ts";
import { verifyFleet } from "../fleet/verify-fleet.ts";

import { fleetText } from "./fleet-text.ts";
import { printProgress, printResult, settingsOption } from "./terminal.ts";

interface Options {
    settings: string;
    json?: boolean;
    result?: string;
    recovery?: string;
}

/** `verify`: looks at the databases on this server, against the catalog. */
export function verifyCommand(): Command {
    return new Command("verify")
        .description(
            "check every database on this server: integrity, foreign keys, and that the catalog's slots are here",
        )
        .addOption(settingsOption())
        .option("--json", "print the result as JSON")
        .option("--result <file>", "write the result to this file, too")
        .option(
            "--recovery <file>",
            "judge a recovery: its result and the databases as they are now, in one line of JSON",
        )
        .addHelpText(
            "after",
            "\nExit status: 0 all sound, 10 no global database, 11 a database is missing or not sound",
        )
        .action(async (options: Options) => {
            const settings = await loadFleetSettings(options.settings);
            // What is asked for the second time need not be digested again.
            const asked = options.recovery === undefined ? settings : { ...settings, digest: false };
            const result = await verifyFleet(asked, printProgress);
            if (options.result !== undefined)
                await writeFileAtomically(options.result, `${JSON.stringify(result)}\n`, { mode: 0o600 });
            if (options.recovery !== undefined) {
                const verdict = fleetVerdict(await readResult(options.recovery), result);
                printResult(verdict);
                printProgress(verdictText(verdict));
                if (verdict.verdict === "failed") process.exitCode = EXIT.checkFailed;
                return;
            }
            printResult(options.json === true ? result : fleetText(result, "verified"));
            if (!fleetPassed(result)) process.exitCode = EXIT.checkFailed;
        });
}

/** The result that a recovery left; null where it left none that can be read: then it did not come to its end. */
async function readResult(path: string): Promise<FleetResult | null> {
    const text = await readFile(path, "utf8").catch(() => "");
    try {
        return fleetResultSchema.parse(JSON.parse(text));
    } catch {
        return null;
    }
}
