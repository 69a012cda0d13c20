import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { appliedFolder } from "../../components/render/look.ts";
import { writeFileAtomically } from "../adapters/atomic-file.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

import { type AppliedAs, newRecord, observeFile, readRecord, writeRecord } from "./applied.ts";
import { applyFiles } from "./apply-files.ts";
import { type AppliedUnits, applyUnits } from "./apply-units.ts";
import { type DesiredState, desiredSchema } from "./desired.ts";

/** What `apply` did: paths and names only, never a content. */
export interface Applied {
    changed: string[];
    unchanged: string[];
    units: Record<string, string>;
}

/**
 * Writes the files that differ (each atomically), then enables and starts the units. Doing it twice changes nothing.
 * @param as the name under which it is remembered, to be compared with later; null to forget it.
 * @throws SlotkeeperError "checkFailed" with the end of the unit's journal when one does not stay up; where `rollBack` is
 * wanted, what was applied before is in place again by then.
 */
export async function applyDesired(
    desired: DesiredState,
    progress: Progress,
    as: AppliedAs | null = null,
): Promise<Applied> {
    const before = as === null ? null : await readRecord(as);
    const { changed, unchanged } = await applyFiles(desired, progress);
    let units: AppliedUnits;
    try {
        units = await applyUnits(desired, changed, before, progress);
    } catch (error) {
        if (as === null || !desired.rollBack || !(error instanceof SlotkeeperError)) throw error;
        throw await goBack(error, desired, as, progress);
    }
    if (as !== null) await remember(desired, as, units);
    return { changed, unchanged, units: units.states };
}

/** Brings back what was applied last and stayed up; returns the error that says so. */
async function goBack(
    { message, hint }: SlotkeeperError,
    desired: DesiredState,
    as: AppliedAs,
    progress: Progress,
): Promise<SlotkeeperError> {
    const good = await readFile(goodPath(as), "utf8").then(
        (text) => desiredSchema.parse(JSON.parse(text)),
        () => null,
    );
    if (good === null || JSON.stringify(good) === JSON.stringify(desired))
        return new SlotkeeperError("checkFailed", `${message}; there is no version before it to go back to`, hint);
    try {
        const { changed } = await applyFiles(good, progress);
        const units = await applyUnits(good, changed, null, progress);
        // Its generation is still the one before: only what the units were started with is new.
        await remember(good, { ...as, generation: (await readRecord(as))?.generation ?? as.generation }, units);
    } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        return new SlotkeeperError("checkFailed", `${message}; nor does the version before it come up: ${words}`, hint);
    }
    return new SlotkeeperError("checkFailed", `${message}; the version before it runs again`, hint);
}

async function remember(desired: DesiredState, as: AppliedAs, { startedWith, states }: AppliedUnits): Promise<void> {
    const files = [];
    for (const { path } of desired.files) files.push(await observeFile(path));
    const { enable: enabled, start, restartOnChange } = desired.units;
    // A unit that does its work and ends is not one that has to run.
    const running = [...new Set([...start, ...restartOnChange])].filter((unit) => states[unit] === "active");
    const { links } = desired;
    await writeRecord(as, { ...newRecord(as.generation), files, links, enabled, running, startedWith });
    if (desired.rollBack) await writeFileAtomically(goodPath(as), JSON.stringify(desired), { mode: 0o600 });
}

/** What was applied last and stayed up, in full: for root alone. */
function goodPath({ name, folder = appliedFolder }: AppliedAs): string {
    return join(folder, `${name}.good`);
}
