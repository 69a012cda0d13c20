import type { Sqlite } from "./database.ts";
import { getSlotDb } from "./database.ts";
import { unlessTaken } from "./slot.ts";

/** One new user; `seq` is the sender's own number of it, unique among users. */
export interface NewUser {
    readonly seq: number;
    readonly email: string;
    readonly name: string;
}

/** The open global database: the users, and the catalog of slots. Each change is one transaction with its audit entry. */
export class Directory {
    readonly #database: Sqlite;

    /** @throws SqliteError when there is no such database or it cannot be read. */
    constructor(path: string) {
        this.#database = getSlotDb(path);
    }

    activeSlots(): string[] {
        return this.#database.prepare<[], string>("SELECT id FROM slots WHERE active = 1 ORDER BY id").pluck().all();
    }

    /** True for a slot's id that is or was in use, in whatever case. */
    knows(id: string): boolean {
        return this.#database.prepare("SELECT 1 FROM slots WHERE id = ?").get(id) !== undefined;
    }

    /** @throws Refusal (409) when the number or the address is taken. */
    addUser({ seq, email, name }: NewUser, at: number): void {
        unlessTaken(`there is a user ${seq} or ${email} already`, () => {
            this.#change(
                "user created",
                at,
                null,
                () =>
                    this.#database
                        .prepare("INSERT INTO users (seq, email, name, created_at, last_login) VALUES (?, ?, ?, ?, ?)")
                        .run(seq, email, name, at, at).lastInsertRowid,
            );
        });
    }

    /** Marks a new slot active. @throws Refusal (409) when the id is taken, in whatever case. */
    activate(id: string, name: string, at: number): void {
        unlessTaken(`slot ${id} exists already`, () => {
            this.#change("slot created", at, id, () => {
                this.#database
                    .prepare(
                        "INSERT INTO slots (id, name, owner_id, active, created_at) VALUES (?, ?, (SELECT min(id) FROM users), 1, ?)",
                    )
                    .run(id, name, at);
                return null;
            });
        });
    }

    deactivate(id: string, at: number): void {
        this.#change("slot deactivated", at, id, () => {
            this.#database.prepare("UPDATE slots SET active = 0, deactivated_at = ? WHERE id = ?").run(at, id);
            return null;
        });
    }

    close(): void {
        this.#database.close();
    }

    /** `work` returns the user the entry is about. */
    #change(event: string, at: number, slot: string | null, work: () => number | bigint | null): void {
        this.#database
            .transaction(() => {
                const user = work();
                this.#database
                    .prepare("INSERT INTO audit_log (at, event, user_id, slot_id) VALUES (?, ?, ?, ?)")
                    .run(at, event, user, slot);
            })
            .immediate();
    }
}
