import type { Sqlite } from "./database.ts";
import type { Random } from "./random.ts";
import { slotSchema } from "./schema.ts";

const kinds = ["created", "updated", "commented", "approved", "exported", "archived"];

/** Bytes that one action takes with its audit entry, indexes and search entry; measured. */
const bytesPerAction = 390;

const day = 86_400_000;

/** When the first seeded rows were written: 2025-09-01, in epoch ms. A fixed date, so that seeding is repeatable. */
export const seedEpoch = 1_756_684_800_000;

/** What makes a fresh slot usable: its schema, its first user and the first line of its log. */
export function makeSlot(database: Sqlite, owner: { email: string; name: string }, at: number): void {
    database.exec(slotSchema);
    database.prepare("INSERT INTO users (email, name, created_at) VALUES (?, ?, ?)").run(owner.email, owner.name, at);
    database.prepare("INSERT INTO audit_log (at, event) VALUES (?, 'slot created')").run(at);
}

/**
 * Fills a fresh slot with users, actions and their log to about `bytes`; what exceeds 300 KB is attachments.
 * Seeded actions have no sequence number: those belong to the load generator.
 */
export function fillSlot(database: Sqlite, random: Random, bytes: number): void {
    const user = database.prepare("INSERT INTO users (email, name, created_at) VALUES (?, ?, ?)");
    const users = random.between(3, 12);
    for (let number = 2; number <= users; number += 1)
        user.run(`user${number}@${random.hex8()}.test`, random.words(2), seedEpoch + random.between(0, day));

    const action = database.prepare("INSERT INTO actions (kind, payload, at, user_id) VALUES (?, ?, ?, ?)");
    const audit = database.prepare("INSERT INTO audit_log (at, event, action_id) VALUES (?, ?, ?)");
    const count = Math.max(1, Math.floor(Math.min(bytes, 300_000) / bytesPerAction));
    let at = seedEpoch + day;
    for (let number = 0; number < count; number += 1) {
        at += random.between(1, 60_000);
        const kind = random.of(kinds);
        const { lastInsertRowid } = action.run(kind, random.words(random.between(6, 18)), at, random.between(1, users));
        audit.run(at, kind, lastInsertRowid);
    }

    const attachment = database.prepare("INSERT INTO attachments (action_id, name, content) VALUES (?, ?, ?)");
    for (let left = bytes - 300_000; left > 0;) {
        const size = Math.min(left, random.between(20_000, 400_000));
        attachment.run(random.between(1, count), `${random.hex8()}.pdf`, random.bytes(size));
        left -= size;
    }
}

/** Bytes of the slot with that number: most have 100 to 400 KB, one in twenty 5 to 20 MB. */
export function slotBytes(random: Random, number: number): number {
    return number % 20 === 7 ? random.between(5_000_000, 20_000_000) : random.between(100_000, 400_000);
}
