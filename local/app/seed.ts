import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import type { Progress } from "../../scripts/progress.ts";
import { getSlotDb } from "./database.ts";
import { Folder } from "./folder.ts";
import { Random } from "./random.ts";
import { canaryEmail, globalSchema } from "./schema.ts";
import { fillSlot, makeSlot, seedEpoch, slotBytes } from "./slot-content.ts";

export interface SeedArgs {
    readonly dataDir: string;
    readonly slots: number;
    /** Same number, same rows. */
    readonly seed: number;
    readonly progress: Progress;
}

/**
 * Makes the first data of a fleet; where there is a global database already, leaves everything as it is and says so.
 * The global database comes last, so a seed cut short is never taken for a fleet.
 * @returns true when data was made.
 * @throws SlotkeeperError (usage) where slots lie without a global database: that is a damaged fleet, not a fresh folder.
 */
export function seedFleet({ dataDir, slots, seed, progress }: SeedArgs): boolean {
    const folder = new Folder(dataDir);
    folder.make();
    if (existsSync(folder.global)) {
        progress(`${folder.global} is there already: nothing seeded`);
        return false;
    }
    if (readdirSync(folder.slots).length > 0)
        throw new SlotkeeperError(
            "usage",
            `${folder.slots} holds files, but ${folder.global} does not exist`,
            "Restore the global database, or move the slots folder aside to seed afresh.",
        );
    const draft = join(folder.fresh, "seed");
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    const ids = slotIds(seed, slots);
    for (const [number, id] of ids.entries()) {
        seedSlot(join(draft, `${id}.db`), new Random(seed, id), number);
        if ((number + 1) % 50 === 0) progress(`${number + 1} of ${slots} slots seeded`);
    }
    seedGlobal(join(draft, "global.db"), new Random(seed, "global"), ids);
    for (const id of ids) renameSync(join(draft, `${id}.db`), folder.slot(id));
    renameSync(join(draft, "global.db"), folder.global);
    rmSync(draft, { recursive: true });
    return true;
}

function slotIds(seed: number, count: number): string[] {
    const random = new Random(seed, "slot ids");
    const ids = new Set<string>();
    while (ids.size < count) ids.add(`slot_${random.hex8()}`);
    return [...ids];
}

function seedSlot(path: string, random: Random, number: number): void {
    const database = getSlotDb(path, { create: true });
    // A tenth of the time: the draft counts only once it is whole, and can be made again.
    database.pragma("synchronous = OFF");
    try {
        database.transaction(() => {
            makeSlot(database, { email: `owner@${random.hex8()}.test`, name: random.words(2) }, seedEpoch);
            fillSlot(database, random, slotBytes(random, number));
        })();
    } finally {
        database.close();
    }
}

function seedGlobal(path: string, random: Random, ids: readonly string[]): void {
    const database = getSlotDb(path, { create: true });
    try {
        database.transaction(() => {
            database.exec(globalSchema);
            const user = database.prepare(
                "INSERT INTO users (email, name, plan, created_at, last_login) VALUES (?, ?, ?, ?, ?)",
            );
            const users = 300 + ids.length;
            user.run(canaryEmail, "Canary", "free", seedEpoch, seedEpoch);
            for (let number = 2; number <= users; number += 1) {
                const createdAt = seedEpoch + random.between(0, 86_400_000);
                const plan = random.of(["free", "free", "team", "business"]);
                user.run(
                    `user${number}@example.test`,
                    random.words(2),
                    plan,
                    createdAt,
                    createdAt + random.between(0, 86_400_000),
                );
            }
            const slot = database.prepare(
                "INSERT INTO slots (id, name, owner_id, active, created_at) VALUES (?, ?, ?, 1, ?)",
            );
            const audit = database.prepare(
                "INSERT INTO audit_log (at, event, user_id, slot_id) VALUES (?, 'slot created', ?, ?)",
            );
            for (const [number, id] of ids.entries()) {
                const [owner, at] = [random.between(2, users), seedEpoch + number];
                slot.run(id, random.words(2), owner, at);
                audit.run(at, owner, id);
            }
        })();
    } finally {
        database.close();
    }
}
