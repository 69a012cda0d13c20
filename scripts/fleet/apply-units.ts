import { setTimeout as wait } from "node:timers/promises";

import { journalTail, systemctl, unitState, type UnitState } from "../adapters/systemd.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

import type { AppliedRecord } from "./applied.ts";
import { hashOfFiles, lastChange } from "./apply-files.ts";
import { startDaemons, withWritersHeld } from "./daemons.ts";
import type { DesiredState } from "./desired.ts";

/** Milliseconds a unit must stay up after its start before it counts as running. */
const SETTLE = 700;

/** The same where there is something to go back to: worth a longer look. */
const SETTLE_LONGER = 3000;

/** How units were found to be after they were brought to their state. */
export interface AppliedUnits {
    states: Record<string, string>;
    startedWith: AppliedRecord["startedWith"];
}

/**
 * Enables and starts units. One that runs is restarted only if it is to be on change, and was started with something
 * else than what is there now, be it that an earlier apply was cut off between writing and restarting.
 * @throws SlotkeeperError "checkFailed" with the end of the unit's journal when one does not stay up.
 */
export async function applyUnits(
    desired: DesiredState,
    changed: readonly string[],
    before: AppliedRecord | null,
    progress: Progress,
): Promise<AppliedUnits> {
    const { units } = desired;
    const wanted = [...new Set([...units.start, ...units.restartOnChange])];
    if (wanted.length === 0 && units.enable.length === 0) return { states: {}, startedWith: {} };
    const found = new Map<string, UnitState>();
    for (const unit of wanted) found.set(unit, await unitState(unit));
    const stale = [...found.values()].some(({ needsReload }) => needsReload);
    if (stale || changed.some((path) => path.startsWith("/etc/systemd/"))) await systemctl("daemon-reload");
    if (units.enable.length > 0) await systemctl("enable", "--quiet", ...units.enable);

    const down = units.start.filter((unit) => found.get(unit)?.active !== "active");
    const held = down.length > 0 && (await anyRuns(units.hold));
    if (held) await withWritersHeld(units.hold, true, progress, () => startDaemons("start", down, new Map(), progress));
    const restarts = new Map<string, number>();
    for (const unit of wanted) {
        const state = found.get(unit);
        const running = state?.active === "active" || (held && down.includes(unit));
        const restart =
            running &&
            state !== undefined &&
            units.restartOnChange.includes(unit) &&
            (await mustRestart(unit, state, desired, changed, before));
        if (running && !restart) {
            if (changed.length > 0) progress(`${unit} was already running: it takes up new files at its next start`);
        } else {
            await systemctl("reset-failed", unit).catch(() => undefined);
            await systemctl(restart ? "restart" : "start", unit);
            progress(`${restart ? "restarted" : "started"} ${unit}`);
        }
        restarts.set(unit, (await unitState(unit)).restarts);
    }
    await untilSettled(restarts, desired.rollBack && before !== null ? SETTLE_LONGER : SETTLE);
    return settledUnits(desired, wanted, restarts);
}

async function anyRuns(units: readonly string[]): Promise<boolean> {
    for (const unit of units) if (["active", "activating"].includes((await unitState(unit)).active)) return true;
    return false;
}

/** Whether a running unit was started with something else than what is there now. */
async function mustRestart(
    unit: string,
    state: UnitState,
    desired: DesiredState,
    changed: readonly string[],
    before: AppliedRecord | null,
): Promise<boolean> {
    const known = before?.startedWith[unit];
    // This very start is one of ours: what was put right since is nothing to it.
    if (known !== undefined && known.invocation !== "" && known.invocation === state.invocation)
        return known.files !== hashOfFiles(desired);
    return changed.length > 0 || (await lastChange(desired)) > state.startedAt;
}

/** Waits so long, or until one of the units has ended. */
async function untilSettled(restarts: ReadonlyMap<string, number>, milliseconds: number): Promise<void> {
    if (restarts.size === 0) return;
    for (const deadline = Date.now() + milliseconds; Date.now() < deadline;) {
        await wait(Math.min(SETTLE, milliseconds));
        for (const [unit, count] of restarts) {
            const { active, restarts: now } = await unitState(unit);
            if (active === "failed" || now > count) return;
        }
    }
}

async function settledUnits(
    desired: DesiredState,
    wanted: readonly string[],
    restarts: ReadonlyMap<string, number>,
): Promise<AppliedUnits> {
    const files = hashOfFiles(desired);
    const states: AppliedUnits["states"] = {};
    const startedWith: AppliedUnits["startedWith"] = {};
    for (const unit of wanted) {
        const state = await unitState(unit);
        const { active, result, type } = state;
        const done = type === "oneshot" && active === "inactive" && result === "success";
        const steady = active === "active" && state.restarts === restarts.get(unit);
        if (!done && !steady) {
            const words =
                state.restarts > (restarts.get(unit) ?? 0)
                    ? "keeps ending and being restarted"
                    : `is ${active} (${result})`;
            const hint = `the end of its journal:\n${await journalTail(unit)}`;
            throw new SlotkeeperError("checkFailed", `${unit} was started, but ${words}`, hint);
        }
        states[unit] = active;
        if (desired.units.restartOnChange.includes(unit)) startedWith[unit] = { files, invocation: state.invocation };
    }
    return { states, startedWith };
}
