import { Command } from "commander";

import { EXIT } from "../errors.ts";
import { loadFleetSettings, loadStoreKeys } from "../fleet/load-settings.ts";
import { restoreAll } from "../fleet/restore-all.ts";
import { fleetPassed } from "../fleet/result.ts";

import { fleetText } from "./fleet-text.ts";
import { printProgress, printResult, settingsOption } from "./terminal.ts";

interface Options {
    settings: string;
    json?: boolean;
    result?: string;
    allowEmptyReplica?: boolean;
    acceptGaps?: boolean;
}

/** `restore all`: brings a whole fleet back into an empty data folder. */
export function restoreCommand(): Command {
    const all = new Command("all")
        .description("restore the global database and every active slot of its catalog, and verify each")
        .addOption(settingsOption())
        .option("--json", "print the result as JSON")
        .option("--result <file>", "keep this file up to date with the result, from the first database on")
        .option("--allow-empty-replica", "a bucket without any replica is a new fleet: restore nothing, succeed")
        .option("--accept-gaps", "restore a database whose replica has a gap up to the gap; what is newer is lost")
        .addHelpText(
            "after",
            "\nExit status: 0 all restored and sound, 10 no replica, 11 a database failed, 12 another restore runs",
        )
        .action(async (options: Options) => {
            const settings = await loadFleetSettings(options.settings);
            const keys = await loadStoreKeys(options.settings);
            const result = await restoreAll({
                settings,
                keys,
                resultPath: options.result ?? null,
                allowEmptyReplica: options.allowEmptyReplica ?? false,
                acceptGaps: options.acceptGaps ?? false,
                progress: printProgress,
            });
            printResult(options.json === true ? result : fleetText(result, "restored"));
            const isNewFleet = options.allowEmptyReplica === true && result.databases.length === 0;
            if (!isNewFleet && !fleetPassed(result)) process.exitCode = EXIT.checkFailed;
        });
    return new Command("restore").description("bring databases back from their replicas").addCommand(all);
}
