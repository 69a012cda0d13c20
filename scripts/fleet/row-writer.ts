const TAG = { null: 0, integer: 1, real: 2, text: 3, blob: 4, end: 5 } as const;
const CHUNK_BYTES = 256 * 1024;
const REPLACEMENT = "\uFFFD";

/** Writes rows as bytes that no other rows have: every value is a type tag, a length where it has one, and its content. */
export class RowWriter {
    /** True once a text held U+FFFD: it may stand for bytes that are not Unicode. */
    sawReplacement = false;
    readonly #sink: (bytes: Buffer) => unknown;
    readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    #used = 0;

    constructor(sink: (bytes: Buffer) => unknown) {
        this.#sink = sink;
    }

    /** Adds one row of SQLite values: null, bigint (integer), number (real), string or Buffer. */
    row(values: readonly unknown[]): void {
        for (const value of values) this.#value(value);
        this.#room(1);
        this.#used = this.#buffer.writeUInt8(TAG.end, this.#used);
    }

    /** Hands the rest to the sink. */
    flush(): void {
        if (this.#used > 0) this.#sink(this.#buffer.subarray(0, this.#used));
        this.#used = 0;
    }

    #value(value: unknown): void {
        if (value === null) {
            this.#room(1);
            this.#used = this.#buffer.writeUInt8(TAG.null, this.#used);
        } else if (typeof value === "bigint") {
            this.#room(9);
            this.#buffer.writeUInt8(TAG.integer, this.#used);
            this.#used = this.#buffer.writeBigInt64LE(value, this.#used + 1);
        } else if (typeof value === "number") {
            this.#room(9);
            this.#buffer.writeUInt8(TAG.real, this.#used);
            this.#used = this.#buffer.writeDoubleLE(value, this.#used + 1);
        } else if (typeof value === "string") {
            this.#text(value);
        } else if (Buffer.isBuffer(value)) {
            this.#bytes(TAG.blob, value);
        } else {
            throw new Error(`SQLite returned a value of type ${typeof value}`);
        }
    }

    #text(value: string): void {
        if (value.includes(REPLACEMENT)) this.sawReplacement = true;
        if (value.length * 3 + 9 > CHUNK_BYTES) {
            this.#bytes(TAG.text, Buffer.from(value, "utf8"));
            return;
        }
        this.#room(value.length * 3 + 9);
        const length = this.#buffer.write(value, this.#used + 9, "utf8");
        this.#head(TAG.text, length);
        this.#used += length;
    }

    #bytes(tag: number, bytes: Buffer): void {
        this.#room(9);
        this.#head(tag, bytes.length);
        if (bytes.length > CHUNK_BYTES / 4) {
            this.flush();
            this.#sink(bytes);
        } else {
            this.#room(bytes.length);
            this.#used += bytes.copy(this.#buffer, this.#used);
        }
    }

    #head(tag: number, length: number): void {
        this.#buffer.writeUInt8(tag, this.#used);
        this.#used = this.#buffer.writeDoubleLE(length, this.#used + 1);
    }

    #room(bytes: number): void {
        if (this.#used + bytes > CHUNK_BYTES) this.flush();
    }
}
