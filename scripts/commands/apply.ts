import { text } from "node:stream/consumers";

import { Command } from "commander";
import { z } from "zod";

import { SlotkeeperError } from "../errors.ts";
import type { DesiredState } from "../fleet/apply.ts";
import { applyDesired, desiredSchema } from "../fleet/apply.ts";

import { printProgress, printResult } from "./terminal.ts";

/** `apply`: brings files and units of this server to the state on stdin; for the deployment, not for people. */
export function applyCommand(): Command {
    return new Command("apply").description("write files and start units as stdin (JSON) says").action(async () => {
        printResult(await applyDesired(parseDesired(await text(process.stdin)), printProgress));
    });
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
