import type { Sqlite } from "./database.ts";
import { getSlotDb } from "./database.ts";
import { Refusal } from "./refusal.ts";

/** One action of a customer; `seq` is the sender's own number of it, unique in its slot. */
export interface Action {
    readonly seq: number;
    readonly kind: string;
    readonly payload: string;
}

/** What a slot says of itself. */
export interface SlotSummary {
    readonly id: string;
    readonly actions: number;
    /** Highest `seq`; null when no action has one. */
    readonly maxSeq: number | null;
    /** Epoch ms. */
    readonly newestAuditAt: number | null;
}

/** The open database of one slot. */
export class Slot {
    readonly id: string;
    readonly #database: Sqlite;
    readonly #append: (action: Action, at: number) => void;
    readonly #summary: () => Omit<SlotSummary, "id"> | undefined;

    /** @throws SqliteError when there is no such database or it cannot be read. */
    constructor(id: string, path: string) {
        this.id = id;
        this.#database = getSlotDb(path);
        try {
            const action = this.#database.prepare(
                "INSERT INTO actions (seq, kind, payload, at, user_id) VALUES (?, ?, ?, ?, (SELECT min(id) FROM users))",
            );
            const audit = this.#database.prepare("INSERT INTO audit_log (at, event, action_id) VALUES (?, ?, ?)");
            const append = this.#database.transaction(({ seq, kind, payload }: Action, at: number) => {
                const { lastInsertRowid } = action.run(seq, kind, payload, at);
                audit.run(at, kind, lastInsertRowid);
            });
            this.#append = (done, at) => {
                append.immediate(done, at);
            };
            const summary = this.#database.prepare<[], Omit<SlotSummary, "id">>(
                `SELECT (SELECT count(*) FROM actions) AS actions, (SELECT max(seq) FROM actions) AS maxSeq,
                    (SELECT max(at) FROM audit_log) AS newestAuditAt`,
            );
            this.#summary = () => summary.get();
        } catch (error) {
            this.#database.close();
            throw error;
        }
    }

    /**
     * Stores an action, its audit entry and its search entry in one transaction; they are committed when this returns.
     * @throws Refusal (409) when the slot has an action of that number.
     */
    append(action: Action, at: number): void {
        unlessTaken(`slot ${this.id} has an action ${action.seq} already`, () => {
            this.#append(action, at);
        });
    }

    summary(): SlotSummary {
        const summary = this.#summary();
        if (summary === undefined) throw new Error(`slot ${this.id}: no summary`);
        return { id: this.id, ...summary };
    }

    /** Checkpoints and closes, as far as no other process has the database open. */
    close(): void {
        this.#database.close();
    }
}

/** Does `work`; what a UNIQUE or PRIMARY KEY constraint rejects becomes a Refusal (409) with the given words. */
export function unlessTaken(message: string, work: () => void): void {
    try {
        work();
    } catch (error) {
        const code = (error as { code?: unknown }).code;
        if (code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY")
            throw new Refusal(409, message, { cause: error });
        throw error;
    }
}
