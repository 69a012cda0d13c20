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
}

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
    const text = await systemctl("show", "--property=ActiveState,Result,Type,NRestarts", unit);
    const values = new Map(
        text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.split("=")[1] ?? ""]),
    );
    return {
        active: values.get("ActiveState") ?? "unknown",
        result: values.get("Result") ?? "unknown",
        type: values.get("Type") ?? "",
        restarts: Number(values.get("NRestarts") ?? 0),
    };
}

/** The end of a unit's journal, or why there is none. */
export async function journalTail(unit: string): Promise<string> {
    const argv = ["--unit", unit, "--lines", String(JOURNAL_LINES), "--no-pager", "--output", "cat"];
    const result = await execa("journalctl", argv, { reject: false, stdin: "ignore" });
    const text = result.stdout.trim();
    return text === "" ? "(its journal is empty)" : text;
}

async function hintFor(argv: string[]): Promise<string> {
    const unit = argv.at(-1) ?? "";
    const starts = argv[0] === "start" || argv[0] === "restart";
    return starts ? `the end of its journal:\n${await journalTail(unit)}` : "run it by hand on the server to see more";
}
