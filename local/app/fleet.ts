import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../../scripts/progress.ts";
import { getSlotDb } from "./database.ts";
import type { NewUser } from "./directory.ts";
import { Directory } from "./directory.ts";
import { Folder } from "./folder.ts";
import { Refusal } from "./refusal.ts";
import type { Action, SlotSummary } from "./slot.ts";
import { Slot } from "./slot.ts";
import { makeSlot } from "./slot-content.ts";

/** All databases of the app. Slots are opened when first used, and stay open. Every call is done when it returns. */
export class Fleet {
    readonly #folder: Folder;
    readonly #directory: Directory;
    readonly #active: Set<string>;
    readonly #stopped: Set<string>;
    readonly #open = new Map<string, Slot>();
    #maintenance: boolean;

    /**
     * Opens the fleet and completes what a killed app left half done: files of slots that are not active leave the slots
     * folder. @throws SqliteError without a readable global database.
     */
    constructor(dataDir: string, progress: Progress) {
        this.#folder = new Folder(dataDir);
        this.#directory = new Directory(this.#folder.global);
        this.#folder.make();
        this.#active = new Set(this.#directory.activeSlots());
        this.#stopped = new Set(readdirSync(this.#folder.stopped));
        this.#maintenance = existsSync(this.#folder.maintenance);
        const names = this.#folder.namesInSlots();
        for (const name of names) {
            if (this.#active.has(name)) continue;
            progress(`${name} is not an active slot: moved to ${this.#folder.inactive}`);
            this.#folder.retire(name);
        }
        for (const id of this.#active) if (!names.has(id)) progress(`active slot ${id} has no database`);
    }

    get maintenance(): boolean {
        return this.#maintenance;
    }

    /** Maintenance outlives a restart: the global database may be exchanged meanwhile. */
    setMaintenance(on: boolean): void {
        if (on) writeFileSync(this.#folder.maintenance, "");
        else rmSync(this.#folder.maintenance, { force: true });
        this.#maintenance = on;
    }

    activeSlots(): string[] {
        return [...this.#active].sort();
    }

    /** @throws Refusal (404 no such slot, 409 stopped or number taken, 503 database unusable). */
    append(id: string, action: Action, at: number): void {
        this.#slot(id).append(action, at);
    }

    /** @throws Refusal (404 no such slot, 409 stopped, 503 database unusable). */
    summary(id: string): SlotSummary {
        return this.#slot(id).summary();
    }

    /** @throws Refusal (409) when the number or the address is taken. */
    addUser(user: NewUser, at: number): void {
        this.#directory.addUser(user, at);
    }

    /**
     * Makes a slot: a whole database first, then its place in the slots folder, then its entry in the catalog.
     * @throws Refusal (409) when the id is taken, in whatever case.
     */
    create(id: string, name: string, at: number): void {
        if (this.#directory.knows(id)) throw new Refusal(409, `slot ${id} exists already`);
        const draft = this.#folder.freshSlot(id);
        for (const suffix of ["", "-wal", "-shm"]) rmSync(`${draft}${suffix}`, { force: true });
        const database = getSlotDb(draft, { create: true });
        try {
            database.transaction(() => {
                makeSlot(database, { email: `owner@${id.toLowerCase()}.test`, name }, at);
            })();
        } finally {
            database.close();
        }
        renameSync(draft, this.#folder.slot(id));
        try {
            this.#open.set(id, new Slot(id, this.#folder.slot(id)));
            this.#directory.activate(id, name, at);
        } catch (error) {
            this.#shut(id);
            this.#folder.retire(id);
            throw error;
        }
        this.#active.add(id);
    }

    /** Takes a slot out of the catalog, then out of the slots folder. Its data is kept. @throws Refusal (404). */
    deactivate(id: string, at: number): void {
        this.#mustBeActive(id);
        this.#directory.deactivate(id, at);
        this.#active.delete(id);
        this.#shut(id);
        this.#folder.retire(id);
        this.#unmark(id);
    }

    /** Closes a slot's database until it is started again, so that the file can be exchanged. @throws Refusal (404). */
    stop(id: string): void {
        this.#mustBeActive(id);
        writeFileSync(join(this.#folder.stopped, id), "");
        this.#stopped.add(id);
        this.#shut(id);
    }

    /** Opens a stopped slot; does nothing to one that runs. @throws Refusal (404, or 503: it stays stopped). */
    start(id: string): void {
        this.#mustBeActive(id);
        const slot = this.#openSlot(id);
        try {
            slot.summary();
        } catch (error) {
            this.#shut(id);
            throw unusable(id, error);
        }
        this.#unmark(id);
    }

    close(): void {
        for (const id of [...this.#open.keys()]) this.#shut(id);
        this.#directory.close();
    }

    #slot(id: string): Slot {
        this.#mustBeActive(id);
        if (this.#stopped.has(id)) throw new Refusal(409, `slot ${id} is stopped`);
        return this.#openSlot(id);
    }

    #openSlot(id: string): Slot {
        const open = this.#open.get(id);
        if (open !== undefined) return open;
        try {
            const slot = new Slot(id, this.#folder.slot(id));
            this.#open.set(id, slot);
            return slot;
        } catch (error) {
            throw unusable(id, error);
        }
    }

    #shut(id: string): void {
        this.#open.get(id)?.close();
        this.#open.delete(id);
    }

    #unmark(id: string): void {
        rmSync(join(this.#folder.stopped, id), { force: true });
        this.#stopped.delete(id);
    }

    #mustBeActive(id: string): void {
        if (!this.#active.has(id)) throw new Refusal(404, `there is no slot ${id}`);
    }
}

function unusable(id: string, cause: unknown): Refusal {
    return new Refusal(503, `the database of slot ${id} cannot be used: ${(cause as Error).message}`, { cause });
}
