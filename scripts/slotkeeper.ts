import { existsSync } from "node:fs";

import { Command, CommanderError } from "commander";

import manifest from "../package.json" with { type: "json" };

import { applyCommand } from "./commands/apply.ts";
import { costCommand } from "./commands/cost.ts";
import { digestCommand } from "./commands/digest.ts";
import { driftCommand } from "./commands/drift.ts";
import { keysCommand } from "./commands/keys.ts";
import { recoverySheetCommand } from "./commands/recovery-sheet.ts";
import { releaseCommand } from "./commands/release.ts";
import { replicationCommand } from "./commands/replication.ts";
import { reportCommand } from "./commands/report.ts";
import { restoreCommand } from "./commands/restore.ts";
import { verifyCommand } from "./commands/verify.ts";
import { EXIT, SlotkeeperError } from "./errors.ts";

/** The whole command line; the same program on a server and on the machine it is operated from. */
async function buildProgram(argv: string[]): Promise<Command> {
    const program = new Command("slotkeeper")
        .description(manifest.description)
        .version(manifest.version)
        .showHelpAfterError("(add --help to see what there is)")
        .addCommand(restoreCommand())
        .addCommand(verifyCommand())
        .addCommand(digestCommand())
        .addCommand(replicationCommand())
        .addCommand(reportCommand())
        .addCommand(keysCommand())
        .addCommand(costCommand())
        .addCommand(recoverySheetCommand())
        .addCommand(driftCommand())
        .addCommand(applyCommand(), { hidden: true })
        .addCommand(releaseCommand(), { hidden: true });
    // A server's bundle has none of these; here each is loaded only when it is wanted.
    if (!existsSync(new URL("./commands/drill.ts", import.meta.url))) return program;
    const wanted = argv[2] ?? "";
    for (const [name, load] of Object.entries(hiddenHere))
        if (name === wanted) program.addCommand(await load(), { hidden: true });
    if (wanted === "drill") return program.addCommand(await drill());
    program.command("drill").description("prove the backups: kill a production fleet and recover it, on this machine");
    return program;
}

/** These bring Pulumi, SSH or the API of EC2 with them (components/artifact.ts leaves them out). */
const drill = async () => (await import("./commands/drill.ts")).drillCommand();
const hiddenHere = {
    "ec2-host-key": async () => (await import("./commands/ec2-host-key.ts")).ec2HostKeyCommand(),
    look: async () => (await import("./commands/look.ts")).lookCommand(),
};

/** Commander's own exit status for wrong usage is 1, which here means a bug. */
function exitOnUsage(command: Command): void {
    command.exitOverride();
    for (const child of command.commands) exitOnUsage(child);
}

function statusOf(error: unknown): number {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof SlotkeeperError) {
        process.stderr.write(`slotkeeper: ${error.message}\n`);
        if (error.hint !== undefined) process.stderr.write(`  → ${error.hint}\n`);
        return EXIT[error.kind];
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`slotkeeper: this is a bug, please report it:\n${stack}\n`);
    return EXIT.bug;
}

try {
    const program = await buildProgram(process.argv);
    exitOnUsage(program);
    await program.parseAsync(process.argv);
} catch (error) {
    process.exitCode = statusOf(error);
}
