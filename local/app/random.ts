import { createCipheriv, createHash } from "node:crypto";

const vocabulary = (
    "order invoice payment refund customer account report export import review approve reject assign comment upload " +
    "download schedule remind archive publish draft template campaign message contact segment filter board card task " +
    "milestone sprint release deploy rollback alert incident shift roster parcel warehouse pallet courier delivery " +
    "Zürich Kraków São_Paulo 東京 Москва naïve façade coöperate"
).split(" ");

/** Numbers and texts that follow from a seed and a label alone: the same on every machine, every time. */
export class Random {
    readonly #key: Buffer;
    #state: number;

    constructor(seed: number, label: string) {
        this.#key = createHash("sha256").update(`${seed}\0${label}`).digest();
        this.#state = this.#key.readUInt32LE(16);
    }

    /** A whole number from `least` to `most`, both included. (mulberry32, by Tommy Ettinger; public domain) */
    between(least: number, most: number): number {
        this.#state = (this.#state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return least + (((mixed ^ (mixed >>> 14)) >>> 0) % (most - least + 1));
    }

    /** One of the given things; there must be at least one. */
    of<T>(choices: readonly T[]): T {
        return choices[this.between(0, choices.length - 1)] as T;
    }

    /** The same things in another order. */
    shuffled<T>(things: readonly T[]): T[] {
        const order = [...things];
        for (let last = order.length - 1; last > 0; last -= 1) {
            const other = this.between(0, last);
            [order[last], order[other]] = [order[other] as T, order[last] as T];
        }
        return order;
    }

    /** As many words, separated by spaces. */
    words(count: number): string {
        return Array.from({ length: count }, () => this.of(vocabulary)).join(" ");
    }

    /** Eight hexadecimal digits. */
    hex8(): string {
        return this.between(0, 0xffff_fffe).toString(16).padStart(8, "0");
    }

    /** Bytes of which about half compress away, as documents and pictures do. */
    bytes(length: number): Buffer {
        const iv = Buffer.alloc(16);
        iv.writeUInt32LE(this.between(0, 0xffff_fffe));
        const noise = createCipheriv("aes-128-ctr", this.#key.subarray(0, 16), iv).update(Buffer.alloc(length));
        for (let start = 2048; start < length; start += 4096) noise.fill(0x20, start, Math.min(start + 2048, length));
        return noise;
    }
}
