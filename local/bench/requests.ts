// npm run bench:requests: what a replicated database asks of the object store, measured beside the model of the costs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { cadencesFor } from "../../components/cost/requests.ts";
import type { Requests } from "../../components/cost/tariffs.ts";
import { type Housekeeping, housekeeping } from "../../components/render/litestream-yml.ts";
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";
import { ensureTools } from "../toolchain/ensure.ts";
import { thisPlatform } from "../toolchain/platform.ts";
import { toolSpecs } from "../toolchain/spec.ts";
import { compare, type Comparison } from "./compare.ts";
import { benchReplication } from "./replicate.ts";

const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
};

const help = `
Housekeeping comes each 5 minutes, 1, 6 and 24 hours: a short run sees little of it. --speed 60 has it 60 times as often
(and uploads as often as ever), so that 24 minutes show what a day does. Both stand in docs/costs.md.

Exit status: 0 measured, 2 wrong usage or no Litestream here`;

type Option = "idle" | "busy" | "rpo" | "seconds" | "settle" | "speed";

const program = new Command("bench:requests")
    .description("replicate sample databases to an object store on this machine and count the requests")
    .option("--idle <n>", "slots that nobody writes to", "20")
    .option("--busy <n>", "slots that are written to twice a second, like the global database", "4")
    .option("--rpo <seconds>", "promised RPO", "15")
    .option("--seconds <n>", "how long to count; whole multiples of 300 see every merge", "600")
    .option("--settle <n>", "how long to wait before: a minute after its start Litestream writes once by itself", "400")
    .option("--speed <n>", "housekeeping so many times as often", "1")
    .option("--json", "print the result as JSON")
    .addHelpText("after", help)
    .action(async ({ json, ...options }: Record<Option, string> & { json?: boolean }) => {
        const number = (name: Option, least: number) => atLeast(name, options[name], least);
        const speed = number("speed", 1);
        const faster = speed === 1 ? housekeeping : accelerated(speed);
        const [litestream, versitygw] = await ensureTools(
            [toolSpecs.litestream, toolSpecs.versitygw],
            thisPlatform(),
            say,
        );
        if (litestream === undefined || versitygw === undefined) throw new Error("a tool got lost");
        const folder = await mkdtemp(join(tmpdir(), "slotkeeper-bench-"));
        try {
            const rpoSeconds = number("rpo", 3);
            const result = await benchReplication({
                folder,
                litestream: litestream.path,
                versitygw: versitygw.path,
                idle: number("idle", 0),
                busy: number("busy", 0),
                rpoSeconds,
                ...(speed !== 1 && { housekeeping: faster }),
                settleSeconds: number("settle", 5),
                seconds: number("seconds", 10),
                progress: say,
                signal: interruption(),
            });
            const { slots, global } = cadencesFor(rpoSeconds);
            const rows = compare(result, { ...slots, housekeeping: faster }, { ...global, housekeeping: faster });
            process.stdout.write(`${json === true ? JSON.stringify(rows) : table(rows)}\n`);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });

/** Aborted when this program is told to end: the store that it started does not end with it. */
function interruption(): AbortSignal {
    const controller = new AbortController();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        // Not `once`: execa ends this process where nobody else listens any more.
        process.on(name, () => {
            controller.abort(new SlotkeeperError("usage", `interrupted by ${name}`));
        });
    return controller.signal;
}

function atLeast(name: string, text: string, least: number): number {
    const value = Number(text);
    if (Number.isFinite(value) && value >= least && text.trim() !== "") return value;
    throw new SlotkeeperError("usage", `--${name} is ${JSON.stringify(text)}: must be a number, at least ${least}`);
}

function accelerated(speed: number): Housekeeping {
    const [l1, l2, l3] = housekeeping.levelSeconds;
    return {
        levelSeconds: [l1 / speed, l2 / speed, l3 / speed],
        snapshotSeconds: housekeeping.snapshotSeconds / speed,
        snapshotKeptSeconds: housekeeping.snapshotKeptSeconds / speed,
        l0KeptSeconds: housekeeping.l0KeptSeconds / speed,
        l0CheckSeconds: housekeeping.l0CheckSeconds / speed,
    };
}

function table(rows: readonly Comparison[]): string {
    const pair = (row: Comparison, kind: keyof Requests) =>
        `${row.measured[kind].toFixed(1).padStart(9)} ${row.model[kind].toFixed(1).padStart(9)}`;
    return [
        "requests per database and hour      PUT     model      LIST     model       GET     model   MB up",
        ...rows.map((row) => {
            const name = `${row.kind} (${row.databases})`.padEnd(29);
            return `${name} ${pair(row, "put")} ${pair(row, "list")} ${pair(row, "get")} ${(row.bytes / 1e6).toFixed(2).padStart(7)}`;
        }),
    ].join("\n");
}

try {
    program.exitOverride();
    await program.parseAsync();
} catch (error) {
    if (!(error instanceof SlotkeeperError)) {
        if (!(error instanceof Error && "exitCode" in error)) throw error;
        process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else {
        say(error.message);
        if (error.hint !== undefined) say(error.hint);
        process.exitCode = EXIT[error.kind];
    }
}
