import { writeFileAtomically } from "../adapters/atomic-file.ts";

import type { FleetResult } from "./result.ts";

/** Milliseconds between two writes while the work goes on. */
const INTERVAL = 1000;

/** Keeps a file up to date with a result that grows: at most one write a second, and always the last state. */
export class ResultWriter {
    readonly #path: string | null;
    #writing: Promise<void> = Promise.resolve();
    #lastWrite = 0;

    /** @param path null writes nothing. */
    constructor(path: string | null) {
        this.#path = path;
    }

    /** Takes note of progress; writes it when the last write is long enough ago. */
    note(result: FleetResult): void {
        if (performance.now() - this.#lastWrite < INTERVAL) return;
        this.#lastWrite = performance.now();
        this.#write(result);
        // A failure shows in end(), which awaits the same promise.
        this.#writing.catch(() => undefined);
    }

    /** Writes the final state. @throws when the file cannot be written. */
    async end(result: FleetResult): Promise<void> {
        this.#write(result);
        await this.#writing;
    }

    #write(result: FleetResult): void {
        const path = this.#path;
        if (path === null) return;
        const text = `${JSON.stringify(result)}\n`;
        this.#writing = this.#writing.then(() => writeFileAtomically(path, text, { mode: 0o600 }));
    }
}
