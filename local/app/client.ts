import { setMaxListeners } from "node:events";
import { Agent, request } from "node:http";

/** How a request ended: the answer's status, or 0 when none came. */
export interface Outcome {
    readonly status: number;
    /** Epoch ms. */
    readonly sentAt: number;
    readonly endedAt: number;
}

/** The app, as a load generator on another machine sees it. */
export class Client {
    readonly #baseUrl: string;
    readonly #token: string;
    readonly #agent = new Agent({ keepAlive: true });
    readonly #ended = new AbortController();

    constructor(baseUrl: string, token: string) {
        this.#baseUrl = baseUrl.replace(/\/$/, "");
        this.#token = token;
        // One listener for each request under way.
        setMaxListeners(0, this.#ended.signal);
    }

    /** Sends a JSON body; never throws. No answer within ten seconds is none. */
    send(method: "DELETE" | "POST", path: string, body: unknown): Promise<Outcome> {
        const text = JSON.stringify(body);
        return new Promise((resolve) => {
            const sentAt = Date.now();
            const end = (status: number) => {
                resolve({ status, sentAt, endedAt: Date.now() });
            };
            const asked = request(`${this.#baseUrl}${path}`, {
                method,
                agent: this.#agent,
                signal: this.#ended.signal,
                timeout: 10_000,
                headers: {
                    "content-type": "application/json",
                    "content-length": Buffer.byteLength(text),
                    ...(path.startsWith("/admin/") ? { authorization: `Bearer ${this.#token}` } : {}),
                },
            });
            asked.on("response", (response) => {
                const status = response.statusCode ?? 0;
                response.resume();
                end(status);
            });
            asked.on("timeout", () => asked.destroy(new Error("no answer")));
            asked.on("error", () => {
                end(0);
            });
            asked.end(text);
        });
    }

    /** Breaks off what is under way; it ends without an answer. */
    close(): void {
        this.#ended.abort();
        this.#agent.destroy();
    }
}
