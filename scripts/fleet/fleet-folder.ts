import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import type { Ownership } from "../adapters/ownership.ts";
import { giveTo } from "../adapters/ownership.ts";
import { SlotkeeperError } from "../errors.ts";

import type { SlotId } from "./slot-id.ts";

/** Where the databases of a fleet are on this server. */
export interface FleetFolder {
    dataDir: string;
    globalPath: string;
    slotsDir: string;
    /** Files being restored; emptied at the start and end of a restore. */
    workDir: string;
    /** Restored files that turned out not to be sound. */
    failedDir: string;
    /** The newest transaction of each replica when its database was restored here: what `replication check` compares. */
    restoredPath: string;
}

/** The folders of a fleet, from its settings. */
export function fleetFolder(settings: FleetSettings): FleetFolder {
    const { dataDir } = settings;
    return {
        dataDir,
        globalPath: join(dataDir, settings.globalFile),
        slotsDir: join(dataDir, settings.slotsDir),
        workDir: join(dataDir, ".restoring"),
        failedDir: join(dataDir, ".failed"),
        restoredPath: join(dataDir, ".restored.json"),
    };
}

/** Where a slot's database is. */
export function slotPath(folder: FleetFolder, id: SlotId): string {
    return join(folder.slotsDir, `${id}.db`);
}

/**
 * Makes the folders for a restore, owned as the app needs them.
 * @throws SlotkeeperError "usage" when anything is there that a restore would overwrite or mix with.
 */
export async function prepareForRestore(folder: FleetFolder, owner: Ownership | null): Promise<void> {
    const hint = "a restore never overwrites: move what is there aside, all of it together, and restore again";
    const { globalPath, slotsDir } = folder;
    const metadata = join(folder.dataDir, `.${basename(globalPath)}-litestream`);
    for (const path of [globalPath, `${globalPath}-wal`, `${globalPath}-shm`, `${globalPath}-journal`, metadata]) {
        if (existsSync(path)) throw new SlotkeeperError("usage", `${path} exists`, hint);
    }
    const present = existsSync(slotsDir) ? await readdir(slotsDir) : [];
    if (present[0] !== undefined) {
        throw new SlotkeeperError("usage", `${slotsDir} is not empty: it holds ${present.length} files`, hint);
    }
    await rm(folder.workDir, { recursive: true, force: true });
    for (const path of [folder.dataDir, slotsDir]) {
        const made = await mkdir(path, { recursive: true, mode: 0o750 });
        if (owner !== null) await giveTo(path, owner, 0o750);
        else if (made !== undefined) await chmod(path, 0o750);
    }
    await mkdir(folder.workDir, { mode: 0o700 });
}

/**
 * Entries of the slots folder that are neither a listed slot nor one of SQLite's companions of it. Litestream's own
 * folders are no databases: it leaves one behind for every slot that was ever there.
 */
export async function unexpectedEntries(folder: FleetFolder, slots: readonly string[]): Promise<string[]> {
    const present = existsSync(folder.slotsDir) ? await readdir(folder.slotsDir) : [];
    const expected = new Set(
        slots.flatMap((id) => {
            const file = `${id}.db`;
            return [file, `${file}-wal`, `${file}-shm`, `${file}-journal`];
        }),
    );
    return present.filter((entry) => !expected.has(entry) && !/^\..+-litestream$/.test(entry)).sort();
}
