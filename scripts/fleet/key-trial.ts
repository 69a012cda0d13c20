import { S3ServiceException } from "@aws-sdk/client-s3";
import { SlotkeeperError } from "../errors.ts";

/** How a request ended. */
type Outcome<T> = { did: true; value: T } | { did: false; code: string; refused: boolean; words: string };

/** The store does not take the key at all: there is no such id, or the secret is another's. */
const unknownKey = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "Unauthorized"];

/** A key that IAM has just made is not known everywhere for some seconds. */
const patienceMs = 60_000;
const young = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"];

/** What one key can do with one bucket, found out by trying; each thing that is not as it must be is a line. */
export class KeyTrial {
    readonly problems: string[] = [];
    readonly #who: string;
    readonly #bucket: string;
    readonly #patient: boolean;

    /** @param patient waits for a key that was made a moment ago. */
    constructor(who: string, bucket: string, patient: boolean) {
        this.#who = who;
        this.#bucket = bucket;
        this.#patient = patient;
    }

    /** Tries a first thing that the key must be able to do; false where the store does not know the key: all else would fail, too. */
    async known(what: string, work: () => Promise<unknown>): Promise<boolean> {
        const outcome = await attempt(work, this.#patient);
        if (outcome.did) return true;
        if (unknownKey.includes(outcome.code)) {
            this.problems.push(
                `${this.#who} is not one that the store takes: ${outcome.words}; its id or secret is wrong`,
            );
            return false;
        }
        this.problems.push(`${this.#who} cannot ${what} ${this.#bucket}: ${outcome.words}`);
        return true;
    }

    /** Tries something that the key must be able to do. @returns what came of it, wrapped; null when it cannot. */
    async must<T>(what: string, work: () => Promise<T>): Promise<{ value: T } | null> {
        const outcome = await attempt(work, this.#patient);
        if (outcome.did) return { value: outcome.value };
        this.problems.push(`${this.#who} cannot ${what} ${this.#bucket}: ${outcome.words}`);
        return null;
    }

    /** Tries something that the key must not be able to do. @returns whether it could. */
    async mustNot(what: string, work: () => Promise<unknown>): Promise<boolean> {
        const outcome = await attempt(work, false);
        if (outcome.did) this.problems.push(`${this.#who} can ${what} ${this.#bucket}, and must not be able to`);
        else if (!outcome.refused)
            this.problems.push(`${this.#who} is not refused to ${what} ${this.#bucket}, it failed: ${outcome.words}`);
        return outcome.did;
    }
}

async function attempt<T>(work: () => Promise<T>, patient: boolean): Promise<Outcome<T>> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        try {
            return { did: true, value: await work() };
        } catch (error) {
            if (!(error instanceof S3ServiceException)) throw unanswered(error);
            if (patient && young.includes(error.name) && Date.now() < deadline) {
                await new Promise((done) => setTimeout(done, 2000));
                continue;
            }
            const status = error.$metadata.httpStatusCode ?? 0;
            // B2 says AccessDenied also where a cap on spending is reached: only the message tells them apart.
            const words = `${error.name} (${status}${error.message === "" ? "" : `: ${error.message}`})`;
            return { did: false, code: error.name, refused: status === 401 || status === 403, words };
        }
    }
}

function unanswered(error: unknown): SlotkeeperError {
    const reasons = error instanceof AggregateError ? error.errors : [error];
    const why = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join("; ");
    const hint = "check slotkeeper:storage, and that the store is up and reachable from here";
    return new SlotkeeperError("remote", `the object store does not answer: ${why}`, hint, { cause: error });
}
