import { setTimeout as wait } from "node:timers/promises";
import type { Outcome } from "./client.ts";
import { Client } from "./client.ts";
import type { LoadLine } from "./load-log.ts";
import { LoadLog } from "./load-log.ts";
import { Random } from "./random.ts";
import { Rota } from "./rota.ts";

export { readLoadLog } from "./load-log.ts";

export interface LoadArgs {
    /** Of the app: "http://10.0.0.2:3000". */
    readonly baseUrl: string;
    /** The admin's bearer token. */
    readonly token: string;
    /** The log is appended to, one JSON object a line. */
    readonly logPath: string;
    readonly seed: number;
    /** Active slots at the start, none of them ever under load before. */
    readonly slots: readonly string[];
    /** At least so many slots are written to in each second; default a fifth of them. */
    readonly slotsPerSecond?: number;
    /** A slot is created or deactivated, by turns, each so many seconds; default 2. */
    readonly churnEverySeconds?: number;
}

/** Counts since the start. */
export interface LoadStats {
    readonly acknowledged: number;
    /** Writes that were refused or had no answer. */
    readonly failed: number;
    readonly created: number;
    readonly deactivated: number;
    /** Slots with at least one acknowledged write. */
    readonly slotsWritten: number;
}

/** A load generator at work. */
export interface Load {
    stats(): LoadStats;
    /**
     * Sends nothing more, waits a second for what is under way, breaks it off, and ends the log. May be called twice.
     * @throws when not every line of the log could be written.
     */
    stop(): Promise<LoadStats>;
}

const tickMilliseconds = 50;

/** Paced a little faster than promised, for a second is never cut where ours begins. */
const margin = 1.2;

/** More than this under way at once means that the app does not answer: then nothing is added. */
const mostUnderWay = 64;

/** Writes to the app's slots and users, and creates and deactivates slots, until stopped; logs every acknowledgement. */
export function startLoad(args: LoadArgs): Load {
    const load = new Generator(args);
    return {
        stats: () => load.stats(),
        stop: () => load.stop(),
    };
}

class Generator {
    readonly #client: Client;
    readonly #log: LoadLog;
    readonly #random: Random;
    readonly #rota: Rota;
    readonly #timers: NodeJS.Timeout[];
    readonly #underWay = new Set<Promise<void>>();
    /** Neither users nor slots are added while the last of them waits for an answer. */
    readonly #waiting = new Set<"churn" | "user">();
    readonly #sequences = new Map<string, number>();
    readonly #written = new Set<string>();
    readonly #perSecond: () => number;
    readonly #counts = { acknowledged: 0, failed: 0, created: 0, deactivated: 0 };
    #due = 0;
    #tickedAt = performance.now();
    #createsNext = true;
    #stopped: Promise<LoadStats> | undefined;

    constructor({ baseUrl, token, logPath, seed, slots, slotsPerSecond, churnEverySeconds }: LoadArgs) {
        this.#client = new Client(baseUrl, token);
        this.#log = new LoadLog(logPath);
        this.#random = new Random(seed, "load");
        this.#rota = new Rota(slots, this.#random);
        this.#perSecond = () => margin * (slotsPerSecond ?? Math.ceil((this.#rota.size + this.#rota.idle.size) / 5));
        this.#timers = [
            setInterval(() => {
                this.#tick();
            }, tickMilliseconds),
            setInterval(() => {
                this.#startAlone("user", () => this.#addUser());
            }, 1000),
            setInterval(
                () => {
                    this.#startAlone("churn", () => this.#churn());
                },
                (churnEverySeconds ?? 2) * 1000,
            ),
        ];
    }

    stats(): LoadStats {
        return { ...this.#counts, slotsWritten: this.#written.size };
    }

    stop(): Promise<LoadStats> {
        this.#stopped ??= this.#end();
        return this.#stopped;
    }

    async #end(): Promise<LoadStats> {
        for (const timer of this.#timers) clearInterval(timer);
        const settled = Promise.all(this.#underWay);
        await Promise.race([settled, wait(1000, undefined, { ref: false })]);
        this.#client.close();
        await settled;
        await this.#log.close();
        return this.stats();
    }

    #tick(): void {
        const now = performance.now();
        // What a stall of this process held up is made good for one second at most.
        this.#due = Math.min(this.#due + ((now - this.#tickedAt) / 1000) * this.#perSecond(), this.#perSecond());
        this.#tickedAt = now;
        for (; this.#due >= 1; this.#due -= 1) {
            const slot = this.#underWay.size < mostUnderWay ? this.#rota.take() : undefined;
            if (slot === undefined) return;
            this.#start(this.#act(slot));
        }
    }

    #start(work: Promise<void>): void {
        this.#underWay.add(work);
        void work.finally(() => this.#underWay.delete(work));
    }

    #startAlone(kind: "churn" | "user", work: () => Promise<void>): void {
        if (this.#waiting.has(kind)) return;
        this.#waiting.add(kind);
        this.#start(work().finally(() => this.#waiting.delete(kind)));
    }

    async #act(slot: string): Promise<void> {
        const payload = this.#random.words(this.#random.between(8, 40));
        const kind = this.#random.of(["created", "updated", "commented", "approved"]);
        await this.#write(slot, `/slots/${slot}/actions`, (seq) => ({ seq, kind, payload }));
        this.#rota.release(slot);
    }

    async #addUser(): Promise<void> {
        const name = this.#random.words(2);
        await this.#write("global", "/users", (seq) => ({ seq, email: `load${seq}@example.test`, name }));
    }

    async #write(database: string, path: string, body: (seq: number) => unknown): Promise<void> {
        const seq = (this.#sequences.get(database) ?? 0) + 1;
        this.#sequences.set(database, seq);
        const outcome = await this.#client.send("POST", path, body(seq));
        const { status, sentAt, endedAt } = outcome;
        const ackedAt = status === 201 ? endedAt : null;
        this.#log.append({ slot: database, seq, sentAt, ackedAt, ...(isRefusal(outcome) ? { refused: status } : {}) });
        if (ackedAt === null) {
            this.#counts.failed += 1;
            return;
        }
        this.#counts.acknowledged += 1;
        if (database !== "global") this.#written.add(database);
    }

    async #churn(): Promise<void> {
        this.#createsNext = !this.#createsNext;
        await (this.#createsNext ? this.#deactivate() : this.#create());
    }

    async #create(): Promise<void> {
        // The id is chosen here, so that a slot whose creation was never acknowledged can still be accounted for.
        const slot = `slot_${this.#random.hex8()}`;
        if (await this.#change("created", slot, "POST", "/admin/slots", { id: slot, name: this.#random.words(2) })) {
            this.#counts.created += 1;
            this.#rota.add(slot);
        }
    }

    async #deactivate(): Promise<void> {
        const slot = this.#rota.size > 1 ? this.#rota.retire(this.#random) : undefined;
        if (slot === undefined) return;
        if (await this.#change("deactivated", slot, "DELETE", `/admin/slots/${slot}`, {}))
            this.#counts.deactivated += 1;
    }

    async #change(
        event: "created" | "deactivated",
        slot: string,
        method: "DELETE" | "POST",
        path: string,
        body: unknown,
    ) {
        const line = (phase: "acked" | "sent", at: number): LoadLine => ({ event, slot, at, phase });
        this.#log.append(line("sent", Date.now()));
        const { status, endedAt } = await this.#client.send(method, path, body);
        const done = status === 200 || status === 201;
        if (done) this.#log.append(line("acked", endedAt));
        return done;
    }
}

/** The app's promise: an answer from 400 to 499, or 503, means that nothing was written. */
function isRefusal({ status }: Outcome): boolean {
    return (status >= 400 && status < 500) || status === 503;
}
