import { Option } from "commander";

import { FLEET_SETTINGS_PATH } from "../../components/fleet-settings.ts";

/** Says on stderr what is going on; stdout is for the result alone. */
export function printProgress(line: string): void {
    process.stderr.write(`${line}\n`);
}

/** Prints a command's result once on stdout: text as it is, anything else as JSON. */
export function printResult(result: unknown): void {
    process.stdout.write(`${typeof result === "string" ? result : JSON.stringify(result)}\n`);
}

/** `--settings FILE`, for every command that works on a server's fleet. */
export function settingsOption(): Option {
    return new Option("--settings <file>", "the fleet's settings").default(FLEET_SETTINGS_PATH);
}
