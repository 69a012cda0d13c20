import { setTimeout as wait } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { openConsole } from "../adapters/ec2.ts";
import { awaitHostKey } from "../fleet/ec2-host-key.ts";
import { printProgress, printResult } from "./terminal.ts";

interface Options {
    instance: string;
    region: string;
    wait: number;
    every: number;
}

/** `ec2-host-key`: what a new EC2 server says its host key is; for the deployment, not for people. */
export function ec2HostKeyCommand(): Command {
    return new Command("ec2-host-key")
        .description("wait until an EC2 server says its SSH host key on its console, and print it")
        .requiredOption("--instance <id>", "the instance: i-…", instanceId)
        .requiredOption("--region <region>", "its region")
        .option("--wait <seconds>", "give up after so long", seconds, 900)
        .option("--every <seconds>", "look so often", seconds, 5)
        .addHelpText(
            "after",
            "\nExit status: 0 printed, 11 what it says is no host key, 13 it says none, or EC2 refuses",
        )
        .action(async (options: Options) => {
            using read = openConsole(options.instance, options.region);
            const patience = {
                milliseconds: options.wait * 1000,
                everyMilliseconds: options.every * 1000,
                now: () => performance.now(),
                wait: async (milliseconds: number) => {
                    await wait(milliseconds);
                },
            };
            printResult(await awaitHostKey(options.instance, read, patience, printProgress));
        });
}

function instanceId(text: string): string {
    if (/^i-[0-9a-f]{8,17}$/.test(text)) return text;
    throw new InvalidArgumentError("must be the id of an instance: i-0123456789abcdef0");
}

function seconds(text: string): number {
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new InvalidArgumentError("must be a number of seconds");
}
