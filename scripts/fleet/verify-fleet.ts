import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import type { FleetSettings, Probe } from "../../components/fleet-settings.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

import { readCatalog } from "./catalog.ts";
import { fleetFolder, slotPath, unexpectedEntries } from "./fleet-folder.ts";
import { ObservePool } from "./observe-pool.ts";
import { blankResult, soundnessProblem } from "./restore.ts";
import type { DatabaseResult, FleetResult } from "./result.ts";

/** Milliseconds in which an app ends a change of its slots: the file moved, the catalog updated. */
const CHANGE_MILLISECONDS = 1000;

interface Subject {
    id: string;
    kind: "global" | "slot";
    path: string;
    probes: Probe[];
}

/**
 * Looks at every database on disk that the catalog calls for, while the app may be using them; changes nothing.
 * The result has the shape of a restore's: "restored" means there and sound, `txid` is null.
 * @throws SlotkeeperError "notFound" when there is no global database.
 */
export async function verifyFleet(settings: FleetSettings, progress: Progress, now = Date.now): Promise<FleetResult> {
    const startedAt = now();
    const folder = fleetFolder(settings);
    if (!existsSync(folder.globalPath)) {
        throw new SlotkeeperError("notFound", `${folder.globalPath} does not exist`, "restore the fleet first");
    }
    const { active, refused, problem } = readCatalog(folder.globalPath, settings.catalogQuery, "shared");
    const global: Subject = { id: "global", kind: "global", path: folder.globalPath, probes: settings.probes.global };
    const slots = active.map((id): Subject => {
        return { id, kind: "slot", path: slotPath(folder, id), probes: settings.probes.slot };
    });
    progress(`checking ${slots.length + 1} databases`);
    const pool = new ObservePool();
    try {
        const looks = [global, ...slots].map((subject) => look(subject, settings.digest, pool, now));
        const databases = await Promise.all(looks);
        const unexpected = await unexpectedEntries(folder, active);
        const catalog = { active: [...active], refused, problem };
        const result: FleetResult = {
            version: 1,
            startedAt,
            finishedAt: 0,
            complete: true,
            catalog,
            databases,
            unexpected,
        };
        if (unexpected.length > 0 || databases.some(isMissing)) await dropWhatHasChanged(result, settings);
        return { ...result, finishedAt: now() };
    } finally {
        await pool.close();
    }
}

/** A slot that the app creates or deactivates while we look is no fault: what does not last is dropped. */
async function dropWhatHasChanged(result: FleetResult, settings: FleetSettings): Promise<void> {
    await wait(CHANGE_MILLISECONDS);
    const folder = fleetFolder(settings);
    const later = readCatalog(folder.globalPath, settings.catalogQuery, "shared");
    const stillActive = new Set<string>(later.active);
    const gone = result.databases.filter((database) => isMissing(database) && !stillActive.has(database.id));
    const ids = new Set(gone.map(({ id }) => id));
    result.databases = result.databases.filter((database) => !ids.has(database.id));
    result.catalog.active = result.catalog.active.filter((id) => !ids.has(id));
    const laterUnexpected = new Set(await unexpectedEntries(folder, later.active));
    result.unexpected = result.unexpected.filter((entry) => laterUnexpected.has(entry));
}

function isMissing(database: DatabaseResult): boolean {
    return database.kind === "slot" && database.schemaHash === null && database.bytes === 0;
}

async function look(subject: Subject, digest: boolean, pool: ObservePool, now: () => number): Promise<DatabaseResult> {
    const { path, probes } = subject;
    const blank = blankResult(subject, now());
    if (!existsSync(path)) {
        const hint = "restore it from its replica, or mark the slot inactive in the app";
        return { ...blank, problem: { message: `${path} does not exist`, hint } };
    }
    const seen = await pool.observe({ path, use: "shared", digest, probes });
    const problem = soundnessProblem(seen, `the file is ${path}`);
    return { ...blank, ...seen, status: problem === null ? "restored" : "failed", problem, finishedAt: now() };
}
