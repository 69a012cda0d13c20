import { Command } from "commander";
import { planDrill, type DrillOptions } from "../drill/plan.ts";
import type { DrillRecord } from "../drill/record.ts";
import { endKeptRun, runDrill } from "../drill/run.ts";
import { EXIT } from "../errors.ts";
import { renderConsole } from "../report/console.ts";

const help = `
A whole production stack is made on this machine, killed while it is written to, and recovered on a staging stack;
then both are destroyed. Needs root on Linux; it installs what else it needs.

Examples:
  npm run drill                              200 slots of a sample app under load
  npm run drill -- --slots 20                a smaller fleet
  npm run drill -- --store b2                through a double of Backblaze B2: its keys, its refusals, its 503s
  npm run drill -- --data /srv/app/data      a copy of your own databases: global.db and slots/*.db

Exit status: 0 passed, 2 wrong usage or machine, 11 the drill failed: the report says why,
130 ended by Ctrl-C, 1 a bug`;

/** `drill`: a full recovery nobody needed. */
export function drillCommand(): Command {
    return new Command("drill")
        .description("prove the backups: kill a production fleet and recover it, on this machine")
        .option("--slots <n>", "slots of the sample app (default: 200)")
        .option("--load <seconds>", "how long the app is written to before the disaster (default: 30)")
        .option("--seed <n>", "makes the same choices as an earlier drill")
        .option("--data <dir>", "drill a copy of your own databases: global.db and slots/*.db; the folder is only read")
        .option("--catalog-query <sql>", "with --data: what lists the active slots of global.db")
        .option("--store <backend>", "what the object store behaves like: s3-compatible (default) or b2")
        .option("--report <dir>", "where to write the report (default: reports/<run>)")
        .option("--keep", "leave both servers up, and say how to log in")
        .option("--end <run>", "end the servers that a run kept, and do nothing else")
        .option("--json", "print the record instead of the summary")
        .addHelpText("after", help)
        .action(async (options: DrillOptions & { json?: boolean; end?: string }) => {
            if (options.end !== undefined) {
                for (const line of await endKeptRun(options.end)) process.stderr.write(`removed ${line}\n`);
                return;
            }
            const plan = planDrill(options, process.env["INIT_CWD"] ?? process.cwd());
            const { signal, release } = signalOnInterrupt();
            try {
                const { record, folder } = await runDrill(plan, signal, printer());
                const text =
                    options.json === true ? `${JSON.stringify(record, undefined, 2)}\n` : renderConsole(record, folder);
                await new Promise((done) => process.stdout.write(text, done));
                // A build of an interrupted set-up would keep the process alive: with its parent's end it ends.
                process.exit(statusOf(record));
            } catch (error) {
                if (!signal.aborted) throw error;
                process.stderr.write("The drill had not begun.\n");
                process.exit(interrupted);
            } finally {
                release();
            }
        });
}

/** Ended by a signal, as shells report it. */
const interrupted = 130;

function statusOf({ verdict, failure }: DrillRecord): number {
    if (failure?.kind === "interrupted") return interrupted;
    if (failure !== null) return EXIT[failure.kind];
    return verdict === "passed" ? EXIT.ok : EXIT.checkFailed;
}

/** A signal that aborts on Ctrl-C, SIGTERM and SIGHUP. The clean-up then goes on: another Ctrl-C only says so. */
function signalOnInterrupt(): { signal: AbortSignal; release: () => void } {
    const controller = new AbortController();
    const listener = (name: NodeJS.Signals) => {
        process.stderr.write(
            controller.signal.aborted
                ? "\nStill removing what the drill made; please wait.\n"
                : `\n${name}: the drill ends here and removes what it made.\n`,
        );
        controller.abort(name);
    };
    const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const name of names) process.on(name, listener);
    return {
        signal: controller.signal,
        release: () => {
            for (const name of names) process.off(name, listener);
        },
    };
}

/** One line for each step, on stderr: seconds since the start, phase, what is being done. */
function printer(): (phase: string, line: string) => void {
    const started = Date.now();
    const dim = process.stderr.isTTY ? (text: string) => `\u001b[2m${text}\u001b[22m` : (text: string) => text;
    return (phase, line) => {
        const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
        process.stderr.write(`${dim(`${seconds}s`)}  ${phase.padEnd(12)}  ${line}\n`);
    };
}
