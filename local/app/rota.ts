import type { Random } from "./random.ts";

/**
 * Whose turn it is among the slots under load: each slot once, in a random order, then all over again; never a slot that
 * still waits for an answer. A tenth of the first slots is left alone, so that there are idle ones as in real life.
 */
export class Rota {
    readonly idle: ReadonlySet<string>;
    readonly #order: string[];
    readonly #busy = new Set<string>();
    #next = 0;

    constructor(slots: readonly string[], random: Random) {
        const shuffled = random.shuffled(slots);
        const idle = Math.floor(slots.length / 10);
        this.idle = new Set(shuffled.slice(0, idle));
        this.#order = shuffled.slice(idle);
    }

    /** Slots that take turns. */
    get size(): number {
        return this.#order.length;
    }

    /** The next free slot, busy until it is released; undefined when all are busy. */
    take(): string | undefined {
        for (let looked = 0; looked < this.#order.length; looked += 1) {
            this.#next = (this.#next + 1) % this.#order.length;
            const slot = this.#order[this.#next];
            if (slot === undefined || this.#busy.has(slot)) continue;
            this.#busy.add(slot);
            return slot;
        }
        return undefined;
    }

    release(slot: string): void {
        this.#busy.delete(slot);
    }

    add(slot: string): void {
        this.#order.push(slot);
    }

    /** Takes a random free slot out for good; undefined when all are busy. */
    retire(random: Random): string | undefined {
        const free = this.#order.filter((slot) => !this.#busy.has(slot));
        if (free.length === 0) return undefined;
        const slot = random.of(free);
        const place = this.#order.indexOf(slot);
        this.#order.splice(place, 1);
        // Nobody else loses a turn by it.
        if (place <= this.#next) this.#next -= 1;
        return slot;
    }
}
