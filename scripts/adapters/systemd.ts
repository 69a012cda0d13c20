import { execa } from "execa";

import { SlotkeeperError } from "../errors.ts";

/** How systemd sees a unit; its own words (man systemctl). */
export interface UnitState {
    /** "active", "activating", "inactive", "failed" … */
    active: string;
    /** "success", "exit-code", "start-limit-hit" … */
    result: string;
    type: string;
    restarts: number;
    /** "enabled", "disabled", "masked" …; "" where there is no unit file. */
    enabled: string;
    /** The id of this start; "" when it never ran. */
    invocation: string;
    /** 0 when nothing runs. */
    mainPid: number;
    /** Epoch ms of its last start; 0 when it never ran. */
    startedAt: number;
    /** Whether its file has changed since systemd read it. */
    needsReload: boolean;
}

const PROPERTIES = [
    ...["Id", "ActiveState", "Result", "Type", "NRestarts", "UnitFileState", "InvocationID", "MainPID"],
    ...["ExecMainStartTimestampMonotonic", "NeedDaemonReload"],
];

/** Lines of a unit's journal that an error shows. */
const JOURNAL_LINES = 20;

/** Runs systemctl. @throws SlotkeeperError "checkFailed" with systemctl's words. */
export async function systemctl(...argv: string[]): Promise<string> {
    const result = await execa("systemctl", argv, { reject: false, stdin: "ignore" });
    if (result.exitCode === 0) return result.stdout;
    const words = result.stderr.trim() === "" ? result.shortMessage : result.stderr.trim();
    throw new SlotkeeperError("checkFailed", `systemctl ${argv.join(" ")}: ${words ?? "failed"}`, await hintFor(argv));
}

/** A unit's state; of a unit that does not exist, "inactive". */
export async function unitState(unit: string): Promise<UnitState> {
    return parseState(await show([unit]));
}

/** The states of units by name, asked for in one call. */
export async function unitStates(units: readonly string[]): Promise<Map<string, UnitState>> {
    if (units.length === 0) return new Map();
    // systemctl separates units by an empty line, and keeps their order.
    const blocks = (await show(units)).split("\n\n");
    return new Map(units.map((unit, index) => [unit, parseState(blocks[index] ?? "")]));
}

/** The loaded units whose name matches a pattern of systemctl's. */
export async function loadedUnits(pattern: string): Promise<string[]> {
    const text = await systemctl("list-units", "--all", "--full", "--plain", "--no-legend", pattern);
    return text
        .split("\n")
        .map((line) => line.trim().split(/\s+/)[0] ?? "")
        .filter((unit) => unit !== "");
}

/** The end of a unit's journal, or why there is none. */
export async function journalTail(unit: string): Promise<string> {
    const argv = ["--unit", unit, "--lines", String(JOURNAL_LINES), "--no-pager", "--output", "cat"];
    const result = await execa("journalctl", argv, { reject: false, stdin: "ignore" });
    const text = result.stdout.trim();
    return text === "" ? "(its journal is empty)" : text;
}

function show(units: readonly string[]): Promise<string> {
    return systemctl("show", `--property=${PROPERTIES.join(",")}`, ...units);
}

function parseState(text: string): UnitState {
    const values = new Map(
        text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    return {
        active: values.get("ActiveState") ?? "unknown",
        result: values.get("Result") ?? "unknown",
        type: values.get("Type") ?? "",
        restarts: Number(values.get("NRestarts") ?? 0),
        enabled: values.get("UnitFileState") ?? "",
        invocation: values.get("InvocationID") ?? "",
        mainPid: Number(values.get("MainPID") ?? 0),
        startedAt: wallClock(Number(values.get("ExecMainStartTimestampMonotonic") ?? 0)),
        needsReload: values.get("NeedDaemonReload") === "yes",
    };
}

/** Epoch ms of microseconds on the monotonic clock, which Node's hrtime also reads on Linux; 0 for never. */
function wallClock(monotonicMicroseconds: number): number {
    if (monotonicMicroseconds === 0) return 0;
    return Date.now() - (Number(process.hrtime.bigint() / 1000n) - monotonicMicroseconds) / 1000;
}

async function hintFor(argv: string[]): Promise<string> {
    const unit = argv.at(-1) ?? "";
    const starts = argv[0] === "start" || argv[0] === "restart";
    return starts ? `the end of its journal:\n${await journalTail(unit)}` : "run it by hand on the server to see more";
}
