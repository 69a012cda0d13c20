import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

const sidecars = ["-wal", "-shm"];

/** Where the app keeps its data. `slots` holds exactly the active slots: replication watches that folder. */
export class Folder {
    readonly root: string;
    readonly global: string;
    readonly slots: string;
    /** Slots being made. */
    readonly fresh: string;
    /** Deactivated slots; nothing is ever deleted. */
    readonly inactive: string;
    /** One empty file for each stopped slot, and one for maintenance: both outlive a restart of the app. */
    readonly stopped: string;
    readonly maintenance: string;

    constructor(root: string) {
        this.root = root;
        this.global = join(root, "global.db");
        this.slots = join(root, "slots");
        this.fresh = join(root, "new");
        this.inactive = join(root, "inactive");
        this.stopped = join(root, "stopped");
        this.maintenance = join(root, "maintenance");
    }

    make(): void {
        for (const path of [this.slots, this.fresh, this.inactive, this.stopped]) mkdirSync(path, { recursive: true });
    }

    slot(id: string): string {
        return join(this.slots, `${id}.db`);
    }

    freshSlot(id: string): string {
        return join(this.fresh, `${id}.db`);
    }

    /** Names, without ".db", of whatever lies in the slots folder, sidecars left behind included. */
    namesInSlots(): Set<string> {
        const files = readdirSync(this.slots).map((file) => /^(.+)\.db(-wal|-shm)?$/.exec(file)?.[1]);
        return new Set(files.filter((name) => name !== undefined));
    }

    /**
     * Moves a closed slot's database and its sidecars out of the slots folder, the database first: a sidecar without its
     * database is what an interrupted move leaves, and moving again completes it. Never replaces a file.
     */
    retire(id: string): void {
        const taken = existsSync(this.slot(id)) && existsSync(join(this.inactive, `${id}.db`));
        const target = join(this.inactive, taken ? `${id}.${Date.now()}.db` : `${id}.db`);
        for (const suffix of ["", ...sidecars]) {
            const source = `${this.slot(id)}${suffix}`;
            if (!existsSync(source)) continue;
            const free = existsSync(`${target}${suffix}`) ? `${target}.${Date.now()}${suffix}` : `${target}${suffix}`;
            renameUnlessGone(source, free);
        }
    }
}

/** Another process that closes the database last removes its sidecars; one that is gone already needs no move. */
function renameUnlessGone(source: string, target: string): void {
    try {
        renameSync(source, target);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
}
