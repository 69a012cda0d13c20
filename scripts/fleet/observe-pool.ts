import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";

import type { ObserveRequest } from "./observe.ts";
import { emptyObservation } from "./observe.ts";
import type { Observation } from "./result.ts";

/** From source, this folder's own file; in a server's bundle, the second bundle beside the first. */
const workerUrl = new URL(`./observe-worker${extname(import.meta.url)}`, import.meta.url);

interface Job {
    request: ObserveRequest;
    resolve: (observation: Observation) => void;
}

/** Looks at databases on every core: SQLite's work is synchronous, so each worker thread does one database at a time. */
export class ObservePool {
    readonly #size: number;
    readonly #waiting: Job[] = [];
    readonly #idle: Worker[] = [];
    readonly #busy = new Map<Worker, Job>();
    #closed = false;

    constructor(size = availableParallelism()) {
        this.#size = size;
    }

    /** As `observe`, on another thread; a thread that dies is named in the observation's `integrity`. */
    async observe(request: ObserveRequest): Promise<Observation> {
        return new Promise((resolve) => {
            this.#waiting.push({ request, resolve });
            this.#next();
        });
    }

    /** Ends the threads; call it when every observation is in. */
    async close(): Promise<void> {
        this.#closed = true;
        await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()));
    }

    #next(): void {
        if (this.#waiting.length === 0 || this.#closed) return;
        const worker = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
        const job = worker === undefined ? undefined : this.#waiting.shift();
        if (worker === undefined || job === undefined) return;
        this.#busy.set(worker, job);
        worker.postMessage(job.request);
    }

    #start(): Worker {
        const worker = new Worker(workerUrl);
        worker.on("message", (observation: Observation) => {
            this.#settle(worker, observation);
            this.#idle.push(worker);
            this.#next();
        });
        worker.on("error", (error) => {
            const why = error instanceof Error ? error.message : String(error);
            this.#settle(worker, { ...emptyObservation(), integrity: [`the check itself failed: ${why}`] });
        });
        worker.on("exit", () => {
            this.#settle(worker, { ...emptyObservation(), integrity: ["the check itself was ended"] });
            this.#next();
        });
        return worker;
    }

    #settle(worker: Worker, observation: Observation): void {
        const job = this.#busy.get(worker);
        this.#busy.delete(worker);
        job?.resolve(observation);
    }
}
