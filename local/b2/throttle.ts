import { z } from "zod";

/** When B2 answers 503 SlowDown; all absent: never. */
export const throttleSchema = z.strictObject({
    /** Requests a second that it takes, and as many more at once; 500 for a new account (docs/cloud-storage-rate-limits). */
    perSecond: z.number().positive().optional(),
    /** For tests: the first so many requests. */
    first: z.int().min(0).optional(),
    /** For tests: one request in so many. */
    oneIn: z.int().min(2).optional(),
});

/** See {@link throttleSchema}. */
export type ThrottleConfig = z.infer<typeof throttleSchema>;

/** Says of each request whether B2 would take it now. */
export class Throttle {
    readonly #config: ThrottleConfig;
    #tokens: number;
    #last = 0;
    #seen = 0;
    /** Requests turned away so far. */
    refused = 0;

    constructor(config: ThrottleConfig) {
        this.#config = config;
        this.#tokens = config.perSecond ?? 0;
    }

    /** @param now milliseconds. @returns null, or with what a 503 is answered: every second one says when to come back. */
    ask(now: number): { retryAfterSeconds: number | null } | null {
        const { first = 0, oneIn } = this.#config;
        this.#seen += 1;
        const unlucky = this.#seen <= first || (oneIn !== undefined && this.#seen % oneIn === 0);
        if (!unlucky && this.#takeToken(now)) return null;
        this.refused += 1;
        return { retryAfterSeconds: this.refused % 2 === 0 ? 1 : null };
    }

    #takeToken(now: number): boolean {
        const { perSecond } = this.#config;
        if (perSecond === undefined) return true;
        this.#tokens = Math.min(perSecond, this.#tokens + (Math.max(0, now - this.#last) / 1000) * perSecond);
        this.#last = now;
        if (this.#tokens < 1) return false;
        this.#tokens -= 1;
        return true;
    }
}
