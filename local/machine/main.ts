import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";
import { clearRun, readRun } from "../run.ts";
import type { Storage } from "./disk.ts";
import { killMachine } from "./kill.ts";
import { runRef } from "./names.ts";
import { startMachine } from "./start.ts";

interface CreateOptions {
    run: string;
    name: string;
    address: string;
    image: string;
    storage: Storage;
    authorizedKey?: string;
}

/** How Pulumi's local command starts and ends a machine: one JSON line on stdout, exit status as everywhere. */
const program = new Command("machine").description("start and kill machines of a run on this host");

program
    .command("create")
    .description("boot a machine and print how to log in, as one line of JSON; the authorized key comes on stdin")
    .requiredOption("--run <dir>", "folder of the run")
    .requiredOption("--name <name>", "name of the machine")
    .requiredOption("--address <ipv4>", "its address in the run's network")
    .requiredOption("--image <dir>", "the base image")
    .addOption(new Option("--storage <where>", "where its changes go").choices(["disk", "memory"]).default("disk"))
    .option("--authorized-key <key>", "the public key that may log in, instead of stdin")
    .action(async (options: CreateOptions) => {
        const authorizedKey = (options.authorizedKey ?? (await text(process.stdin))).trim();
        const machine = await startMachine({ ...options, run: await readRun(options.run), authorizedKey });
        const { address: host, port, user, hostKey } = machine;
        process.stdout.write(`${JSON.stringify({ host, port, user, hostKey })}\n`);
    });

program
    .command("destroy")
    .description("kill a machine and remove its disk; one that is not there is as good as destroyed")
    .requiredOption("--run <dir>", "folder of the run")
    .requiredOption("--name <name>", "name of the machine")
    .action(async ({ run, name }: { run: string; name: string }) => {
        await killMachine(runRef(run), name);
    });

program
    .command("clear")
    .description("end a run that was kept: its machines, object store, network and folder")
    .requiredOption("--run <dir>", "folder of the run")
    .action(async ({ run }: { run: string }) => {
        for (const line of await clearRun(run)) process.stderr.write(`removed ${line}\n`);
    });

try {
    await program.parseAsync();
} catch (error) {
    if (!(error instanceof SlotkeeperError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint ?? ""}\n`);
    process.exitCode = EXIT[error.kind];
}
