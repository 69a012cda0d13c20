import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { BucketSettings } from "./bucket-settings.ts";
import type { RequestCounts } from "./counts.ts";
import { keyIdOf, type B2Key } from "./keys.ts";
import { operationOf, targetOf, type Operation, type Target } from "./operation.ts";
import { deletionRefusal, refusalOf, type Refusal } from "./quirks.ts";
import type { Throttle } from "./throttle.ts";
import { passedOn, type Upstream } from "./upstream.ts";
import { escapeXml } from "./xml.ts";

export interface DoubleArgs {
    readonly upstream: Upstream;
    readonly keys: readonly B2Key[];
    readonly throttle: Throttle;
    readonly counts: RequestCounts;
}

/** One request, taken apart. */
interface Request {
    readonly incoming: IncomingMessage;
    readonly response: ServerResponse;
    readonly target: Target;
    readonly query: URLSearchParams;
    readonly operation: Operation | null;
    readonly key: B2Key | undefined;
}

/**
 * An HTTP server that behaves like B2's S3 API where the store behind it does not, and hands on everything else byte
 * for byte: signatures, versions, listings and objects are the store's.
 */
export class Double {
    readonly server: Server;
    readonly #args: DoubleArgs;
    readonly #settings = new BucketSettings();

    constructor(args: DoubleArgs) {
        this.#args = args;
        this.server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (incoming, response) => {
            this.#handle(incoming, response).catch((error: unknown) => {
                // The store, or the one who asks, has gone; S3 clients try again after a 500.
                if (response.headersSent) response.destroy();
                else refuse(response, { status: 500, code: "InternalError", message: String(error) });
            });
        });
    }

    async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
        const { throttle, counts, keys, upstream } = this.#args;
        const url = new URL(incoming.url ?? "/", "http://b2");
        const query = url.searchParams;
        const target = targetOf(url.pathname);
        const copies = incoming.headers["x-amz-copy-source"] !== undefined;
        const operation = operationOf(incoming.method ?? "GET", target, query, copies);
        if (operation !== null) counts.request(operation, target, query);
        const busy = throttle.ask(performance.now());
        if (busy !== null) {
            if (busy.retryAfterSeconds !== null) response.setHeader("retry-after", busy.retryAfterSeconds);
            this.#refuse(response, { status: 503, code: "SlowDown", message: "Please reduce your request rate." });
            return;
        }
        const keyId = keyIdOf(incoming.headers.authorization, query);
        const key = keys.find((known) => known.keyId === keyId);
        const { bucket } = target;
        const refused = refusalOf({
            operation,
            target,
            keyId,
            key,
            headers: incoming.headers,
            retains: operation?.class === "A" && bucket !== null && (await upstream.retains(bucket)),
            buckets: operation?.name === "CreateBucket" ? await upstream.bucketCount() : 0,
        });
        if (refused !== null) this.#refuse(response, refused);
        else await this.#carryOut({ incoming, response, target, query, operation, key });
    }

    async #carryOut(request: Request): Promise<void> {
        const { incoming, response, target, operation, key } = request;
        const { upstream } = this.#args;
        const bucket = target.bucket ?? "";
        const name = operation?.name ?? "";
        if (BucketSettings.knows(name)) return this.#answerSetting(request, name, bucket);
        let body: Buffer | undefined;
        if (name === "DeleteObjects" && key !== undefined) {
            body = await buffer(incoming);
            const refused = deletionRefusal(body.toString(), key);
            if (refused !== null) {
                this.#refuse(response, refused);
                return;
            }
        }
        const answer = await upstream.send(incoming, body);
        const succeeded = (answer.statusCode ?? 500) < 300;
        if (succeeded && name === "CreateBucket") await upstream.adopt(bucket);
        if (succeeded && name === "DeleteBucket") this.#settings.forget(bucket);
        if (changesLock.includes(name)) upstream.forget(bucket);
        await passOn(answer, response);
    }

    /** The store does not have these settings, but it says first whether the signature is good and the bucket there. */
    async #answerSetting({ incoming, response }: Request, name: string, bucket: string): Promise<void> {
        const body = await buffer(incoming);
        const judged = await this.#args.upstream.send(incoming, body);
        if (judged.statusCode !== 501) return passOn(judged, response);
        judged.resume();
        const { status, error, body: xml } = this.#settings.answer(name, bucket, body.toString());
        if (error !== undefined) this.#refuse(response, { status, ...error });
        else response.writeHead(status, xml === "" ? {} : { "content-type": "application/xml" }).end(xml);
    }

    #refuse(response: ServerResponse, refusal: Refusal): void {
        this.#args.counts.refuse(refusal.code);
        refuse(response, refusal);
    }
}

const changesLock = ["PutObjectLockConfiguration", "CreateBucket", "DeleteBucket"];

async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 500, passedOn(answer.rawHeaders));
    await pipeline(answer, response);
}

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
    response.req.resume();
    const id = randomBytes(8).toString("hex");
    const headers = { "content-type": "application/xml", "x-amz-request-id": id };
    const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes" ?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
    response.writeHead(status, headers).end(response.req.method === "HEAD" ? undefined : xml);
}
