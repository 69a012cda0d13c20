import { Command } from "commander";

import { EXIT } from "../errors.ts";
import { loadFleetSettings } from "../fleet/load-settings.ts";
import { fleetPassed } from "../fleet/result.ts";
import { verifyFleet } from "../fleet/verify-fleet.ts";

import { fleetText } from "./fleet-text.ts";
import { printProgress, printResult, settingsOption } from "./terminal.ts";

/** `verify`: looks at the databases on this server, against the catalog. */
export function verifyCommand(): Command {
    return new Command("verify")
        .description(
            "check every database on this server: integrity, foreign keys, and that the catalog's slots are here",
        )
        .addOption(settingsOption())
        .option("--json", "print the result as JSON")
        .addHelpText(
            "after",
            "\nExit status: 0 all sound, 10 no global database, 11 a database is missing or not sound",
        )
        .action(async (options: { settings: string; json?: boolean }) => {
            const result = await verifyFleet(await loadFleetSettings(options.settings), printProgress);
            printResult(options.json === true ? result : fleetText(result, "verified"));
            if (!fleetPassed(result)) process.exitCode = EXIT.checkFailed;
        });
}
