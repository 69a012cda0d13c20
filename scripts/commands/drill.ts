import { Command } from "commander";
import { planDrill, type DrillOptions } from "../drill/plan.ts";
import type { DrillRecord } from "../drill/record.ts";
import { planRemoteDrill, type RemoteOptions } from "../drill/remote/plan.ts";
import { runRemoteDrill } from "../drill/remote/run.ts";
import { type DrillResult, endKeptRun, runDrill } from "../drill/run.ts";
import { EXIT, SlotkeeperError } from "../errors.ts";
import { renderConsole } from "../report/console.ts";

const help = `
Without --stack: a whole production stack is made on this machine, killed while it is written to, and recovered on a
staging stack; then both are destroyed. Needs root on Linux; it installs what else it needs.

With --stack: the staging stack of that name restores production's real backups, in your own Pulumi backend; what came
back is judged, and the stack is destroyed and removed. Its configuration must say role staging and drill true, and its
name must contain "staging" or "drill" (docs/drills.md).

Examples:
  npm run drill                              200 slots of a sample app under load
  npm run drill -- --slots 20                a smaller fleet
  npm run drill -- --store b2                through a double of Backblaze B2: its keys, its refusals, its 503s
  npm run drill -- --data /srv/app/data      a copy of your own databases: global.db and slots/*.db
  npm run drill -- --stack staging           production's own backups
  npm run drill -- --stack staging --sweep   the same, after destroying what a drill elsewhere left

Exit status: 0 passed, 2 wrong usage, machine or stack, 11 the drill failed: the report says why,
12 the stack is up: somebody may be drilling it, 13 the backend or a server could not be reached,
130 ended by Ctrl-C, 1 a bug`;

type Options = DrillOptions & Partial<RemoteOptions> & { json?: boolean; end?: string };

/** `drill`: a full recovery nobody needed. */
export function drillCommand(): Command {
    return new Command("drill")
        .description(
            "prove the backups: kill a production fleet and recover it, on this machine; or restore a real one's",
        )
        .option("--stack <name>", "drill production's own backups on this staging stack, in your Pulumi backend")
        .option("--sweep", "with --stack: destroy first what an earlier drill left, even if it has not expired")
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
        .action(async (options: Options) => {
            const drill = planned(options, process.env["INIT_CWD"] ?? process.cwd());
            if (options.end !== undefined) {
                for (const line of await endKeptRun(options.end)) process.stderr.write(`removed ${line}\n`);
                return;
            }
            const { signal, release } = signalOnInterrupt();
            try {
                const { record, folder } = await drill(signal, printer());
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

type Drill = (signal: AbortSignal, say: (phase: string, line: string) => void) => Promise<DrillResult>;

/** The drill that the options ask for: of a stack's backups, or the one on this machine. */
function planned(options: Options, cwd: string): Drill {
    const { stack } = options;
    if (stack !== undefined) {
        const plan = planRemoteDrill({ ...options, stack }, cwd);
        return (signal, say) => runRemoteDrill(plan, process.cwd(), signal, say);
    }
    if (options.sweep === true)
        throw new SlotkeeperError(
            "usage",
            "--sweep without --stack",
            "Name the staging stack whose leftover is to be destroyed; the local drill clears its own by itself.",
        );
    const plan = planDrill(options, cwd);
    return (signal, say) => runDrill(plan, signal, say);
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
