import { Command } from "commander";

import { daemonSockets } from "../adapters/litestream-socket.ts";
import { SlotkeeperError } from "../errors.ts";
import { loadFleetSettings, loadStoreKeys } from "../fleet/load-settings.ts";
import { checkReplication } from "../fleet/replication-check.ts";
import { listReplicated } from "../fleet/replication-list.ts";

import { printResult, settingsOption } from "./terminal.ts";

/** Where the daemons' sockets are; RuntimeDirectory of the litestream@ units. */
const SOCKETS = "/run/litestream";

/** `replication check` and `replication list`. */
export function replicationCommand(): Command {
    return new Command("replication")
        .description("what Litestream replicates here, and whether it may")
        .addCommand(checkCommand())
        .addCommand(listCommand());
}

function checkCommand(): Command {
    return new Command("check")
        .description("refuse (11) when starting Litestream would put a missing or older database over a replica")
        .addOption(settingsOption())
        .action(async ({ settings: path }: { settings: string }) => {
            const { databases, refusals } = await checkReplication(
                await loadFleetSettings(path),
                await loadStoreKeys(path),
            );
            const [first] = refusals;
            if (first === undefined) {
                printResult(`${databases} databases may be replicated`);
                return;
            }
            const lines = refusals.map(({ id, message }) => `${id}: ${message}`);
            throw new SlotkeeperError("checkFailed", lines.join("\n"), first.hint);
        });
}

function listCommand(): Command {
    return new Command("list")
        .description("the databases that the Litestream daemons on this server say they replicate")
        .addOption(settingsOption())
        .option("--json", "print them as JSON")
        .option("--sockets <folder>", "where the daemons' sockets are", SOCKETS)
        .action(async (options: { settings: string; json?: boolean; sockets: string }) => {
            const settings = await loadFleetSettings(options.settings);
            const databases = await listReplicated(settings, await daemonSockets(options.sockets));
            const text = databases.map(({ id, status, path }) => `${id}\t${status}\t${path}`).join("\n");
            printResult(options.json === true ? { databases } : text);
        });
}
