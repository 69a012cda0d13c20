import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import type { Context } from "../provider/resource.ts";

/** Which of a command's streams are shown while it runs. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** Gathers what a command writes, and shows it line by line while it runs. */
export class CommandOutput {
    readonly #stdout: Buffer[] = [];
    readonly #stderr: Buffer[] = [];
    readonly #both: Buffer[] = [];

    constructor(stdout: Readable, stderr: Readable, logging: Logging, context: Context) {
        const lines = new PassThrough();
        const show = (stream: Readable, kept: Buffer[], shown: boolean): void => {
            stream.on("data", (chunk: Buffer) => {
                kept.push(chunk);
                this.#both.push(chunk);
                if (shown) lines.write(chunk);
            });
        };
        show(stdout, this.#stdout, logging === "stdout" || logging === "stdoutAndStderr");
        show(stderr, this.#stderr, logging === "stderr" || logging === "stdoutAndStderr");
        createInterface({ input: lines }).on("line", (line) => {
            context.status(line);
        });
    }

    /** Both streams in the order they arrived. */
    get combined(): string {
        return Buffer.concat(this.#both).toString();
    }

    /** The outputs to keep: each stream without one newline at its end. */
    get outputs(): { stdout: string; stderr: string } {
        const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString().replace(/\n$/, "");
        return { stdout: text(this.#stdout), stderr: text(this.#stderr) };
    }
}
