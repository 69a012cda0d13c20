import type { Progress } from "../progress.ts";
import type { DrillRecord } from "./record.ts";

/** Runs named phases one after the other, telling people and the record how each went. */
export class Phases {
    readonly #record: DrillRecord;
    readonly #save: () => Promise<void>;
    readonly #say: (phase: string, line: string) => void;
    readonly #signal: AbortSignal;
    #current = "setup";

    constructor(
        record: DrillRecord,
        save: () => Promise<void>,
        say: (phase: string, line: string) => void,
        signal: AbortSignal,
    ) {
        this.#record = record;
        this.#save = save;
        this.#say = say;
        this.#signal = signal;
    }

    /** Progress of whichever phase is running. */
    readonly progress: Progress = (line) => {
        this.#say(this.#current, line);
    };

    /**
     * Does `work` as the phase `name`. A failure is recorded and thrown on. A record that cannot be written (a full disk)
     * fails the phase at its end and not before: it must not keep a destruction from being done.
     */
    async run<T>(name: string, work: () => Promise<T>): Promise<T> {
        const started = Date.now();
        const phase: DrillRecord["phases"][number] = {
            name,
            startedAt: new Date(started).toISOString(),
            seconds: 0,
            status: "running",
        };
        this.#record.phases.push(phase);
        this.#current = name;
        await this.#save().catch(() => undefined);
        const ended = () => {
            phase.seconds = (Date.now() - started) / 1000;
            return this.#save();
        };
        let value: T;
        try {
            value = await work();
        } catch (error) {
            phase.status = this.#signal.aborted ? "interrupted" : "failed";
            // What went wrong first is told, not that it could not be written down.
            await ended().catch(() => undefined);
            throw error;
        }
        phase.status = "done";
        await ended();
        return value;
    }
}
