import { text } from "node:stream/consumers";

import { Command } from "commander";
import { z } from "zod";

import { SlotkeeperError } from "../errors.ts";
import { applyDesired } from "../fleet/apply.ts";
import { type DesiredState, desiredSchema } from "../fleet/desired.ts";

import { printProgress, printResult } from "./terminal.ts";

/** `apply`: brings files and units of this server to the state on stdin; for the deployment, not for people. */
export function applyCommand(): Command {
    return new Command("apply")
        .description("write files and start units as stdin (JSON) says")
        .option("--name <name>", "remember it under this name, for `slotkeeper drift`")
        .option("--generation <generation>", "what the deployment calls this state", "0")
        .action(async ({ name, generation }: { name?: string; generation: string }) => {
            const desired = parseDesired(await text(process.stdin));
            outliveConnection();
            const as = name === undefined ? null : { name: plainName(name), generation };
            printResult(await applyDesired(desired, printProgress, as));
        });
}

/** Whoever waits for the result may be gone (a cut connection): what was begun, such as holding the app, is ended. */
function outliveConnection(): void {
    process.on("SIGHUP", () => undefined);
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

function plainName(name: string): string {
    if (/^[A-Za-z0-9_-]+$/.test(name)) return name;
    throw new SlotkeeperError("usage", `--name ${JSON.stringify(name)} is no plain name`, "letters, digits, - and _");
}

/** The contents may be secrets: what is wrong is said by path, the text itself is never shown. */
function parseDesired(input: string): DesiredState {
    let json: unknown;
    try {
        json = JSON.parse(input);
    } catch {
        throw new SlotkeeperError(
            "usage",
            "stdin is not JSON",
            "this command is for the deployment: pulumi up runs it",
        );
    }
    const parsed = desiredSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new SlotkeeperError("usage", `stdin is not a desired state:\n${z.prettifyError(parsed.error)}`);
}
