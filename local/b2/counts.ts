import { renameSync, writeFileSync } from "node:fs";
import type { Operation, RequestClass, Target } from "./operation.ts";

/** How many requests came, as B2 bills them and by what they were about: of one drill, for its costs. */
export interface Counts {
    readonly classes: Record<RequestClass, number>;
    /** Call → first folder of the key or the listed prefix ("" where there is none) → requests. */
    readonly operations: Record<string, Record<string, number>>;
    /** Answered 503 SlowDown, 501 or 403 by the double itself. */
    readonly refused: Record<string, number>;
}

/** Milliseconds that a count may be older than what happened. */
const writeEveryMs = 250;

/** Counts requests, and keeps a file of the counts. */
export class RequestCounts {
    readonly counts: Counts = { classes: { A: 0, B: 0, C: 0 }, operations: {}, refused: {} };
    readonly #file: string | null;
    #timer: NodeJS.Timeout | undefined;

    constructor(file: string | null) {
        this.#file = file;
    }

    request({ name, class: group }: Operation, { key }: Target, query: URLSearchParams): void {
        this.counts.classes[group] += 1;
        const folder = folderOf(key ?? query.get("prefix") ?? "");
        const of = (this.counts.operations[name] ??= {});
        of[folder] = (of[folder] ?? 0) + 1;
        this.#touch();
    }

    refuse(code: string): void {
        this.counts.refused[code] = (this.counts.refused[code] ?? 0) + 1;
        this.#touch();
    }

    /** Writes the file now. */
    write(): void {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (this.#file === null) return;
        const unready = `${this.#file}.new`;
        writeFileSync(unready, `${JSON.stringify(this.counts, undefined, 2)}\n`, { mode: 0o600 });
        renameSync(unready, this.#file);
    }

    #touch(): void {
        if (this.#file === null) return;
        this.#timer ??= setTimeout(() => {
            this.write();
        }, writeEveryMs);
    }
}

function folderOf(path: string): string {
    const end = path.indexOf("/");
    return end < 0 ? "" : path.slice(0, end);
}
