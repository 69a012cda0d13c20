import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { request as requestHttp, Agent as HttpAgent, type IncomingMessage } from "node:http";
import { request as requestHttps, Agent as HttpsAgent } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A server that could not be reached, or answered with something else than the file. */
export class Unavailable extends Error {
    override readonly name = "Unavailable";
}

/** No internet is noticed within this time: the server must have begun to answer by then. */
const ANSWER_MILLISECONDS = 4_000;
/** A transfer that brings nothing for this long is given up. */
const STALL_MILLISECONDS = 30_000;

interface Options {
    method?: "GET" | "HEAD";
    signal?: AbortSignal | undefined;
}

/** Sends one request, through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, if any. */
function send(url: URL, { method = "GET", signal }: Options): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
        const fail = (reason: string) => {
            reject(new Unavailable(`${url.host}: ${reason}`));
        };
        const headers = { "user-agent": "slotkeeper" };
        const request =
            url.protocol === "https:"
                ? requestHttps(url, { method, headers, signal, agent: new HttpsAgent({ proxyEnv: process.env }) })
                : requestHttp(url, { method, headers, signal, agent: new HttpAgent({ proxyEnv: process.env }) });
        const timer = setTimeout(() => {
            fail(`no answer within ${ANSWER_MILLISECONDS / 1000} s`);
            request.destroy();
        }, ANSWER_MILLISECONDS);
        request.on("error", (error) => {
            clearTimeout(timer);
            fail(error.message);
        });
        request.on("response", (response) => {
            clearTimeout(timer);
            resolve(response);
        });
        request.end();
    });
}

async function get(address: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    let url = new URL(address);
    for (let redirects = 0; redirects < 6; redirects++) {
        const response = await send(url, { signal });
        const status = response.statusCode ?? 0;
        if (status === 200) return response;
        response.destroy();
        if (status < 300 || status >= 400 || response.headers.location === undefined) {
            throw new Unavailable(`${url.host}: answered ${status} for ${url.pathname}`);
        }
        const next = new URL(response.headers.location, url);
        if (url.protocol === "https:" && next.protocol !== "https:") {
            throw new Unavailable(`${url.host}: redirects to ${next.protocol}//${next.host}, which is not encrypted`);
        }
        url = next;
    }
    throw new Unavailable(`${url.host}: redirects in circles`);
}

const reached = new Map<string, Promise<void>>();

/**
 * Whether the server of a URL answers at all; asked once in a process, so that without internet only the first tool
 * waits for it.
 * @throws Unavailable
 */
export function requireReachable(url: string): Promise<void> {
    const { origin } = new URL(url);
    const known = reached.get(origin);
    if (known !== undefined) return known;
    const asked = send(new URL(origin), { method: "HEAD" }).then((response) => {
        response.destroy();
    });
    reached.set(origin, asked);
    return asked;
}

/** A small text file. @throws Unavailable */
export async function downloadText(url: string, signal?: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    await transfer(
        url,
        signal,
        new Transform({
            transform: (chunk: Buffer, _encoding, done) => {
                chunks.push(chunk);
                done();
            },
        }),
    );
    return Buffer.concat(chunks).toString("utf8");
}

/**
 * Writes a file and gives the SHA-256 of what came; `onBytes` hears how much there is so far, and how much there will be.
 * @throws Unavailable
 */
export async function downloadFile(
    url: string,
    path: string,
    onBytes: (received: number, total: number | undefined) => void,
    signal?: AbortSignal,
): Promise<string> {
    const hash = createHash("sha256");
    let received = 0;
    await transfer(url, signal, createWriteStream(path), (chunk, total) => {
        hash.update(chunk);
        received += chunk.length;
        onBytes(received, total);
    });
    return hash.digest("hex");
}

async function transfer(
    url: string,
    signal: AbortSignal | undefined,
    target: NodeJS.WritableStream,
    onChunk: (chunk: Buffer, total: number | undefined) => void = () => undefined,
): Promise<void> {
    const response = await get(url, signal);
    const length = response.headers["content-length"];
    const total = length === undefined ? undefined : Number(length);
    response.setTimeout(STALL_MILLISECONDS, () => {
        response.destroy(new Unavailable(`${url}: nothing came for ${STALL_MILLISECONDS / 1000} s`));
    });
    response.on("data", (chunk: Buffer) => {
        onChunk(chunk, total);
    });
    try {
        await pipeline(response, target);
    } catch (error) {
        if (error instanceof Unavailable || isDiskError(error)) throw error;
        throw new Unavailable(`${url}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
}

/** An error of the file being written, not of the network. */
function isDiskError(error: unknown): boolean {
    return (
        error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EROFS", "EIO"].includes(String(error.code))
    );
}
