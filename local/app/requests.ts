import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { Refusal } from "./refusal.ts";
import { isSlotName } from "./slot-name.ts";

const mostBytes = 128 * 1024;

const seq = z.int().min(1);

export const actionBody = z.strictObject({ seq, kind: z.string().min(1).max(64), payload: z.string().max(65_536) });

export const userBody = z.strictObject({ seq, email: z.email().max(254), name: z.string().min(1).max(200) });

/** An id is made where none is given; a caller who must know it, even should the answer be lost, chooses it. */
export const slotBody = z.strictObject({
    id: z.string().refine(isSlotName, "is not a slot id").optional(),
    name: z.string().min(1).max(200).default("new slot"),
});

/** The body of a request as JSON of the given shape. @throws Refusal (400, or 413 past 128 KiB). */
export async function readBody<T>(request: IncomingMessage, shape: z.ZodType<T>): Promise<T> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > mostBytes) throw new Refusal(413, `the body has more than ${mostBytes} bytes`);
        chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    let value: unknown;
    try {
        value = text === "" ? {} : JSON.parse(text);
    } catch (cause) {
        throw new Refusal(400, "the body is not JSON", { cause });
    }
    const parsed = shape.safeParse(value);
    if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
    return parsed.data;
}

/** The parts of a URL's path, decoded; a query is ignored. @throws Refusal (400) when it is no URL path. */
export function pathParts(url: string): string[] {
    try {
        return (url.split("?")[0] ?? "").split("/").slice(1).map(decodeURIComponent);
    } catch (cause) {
        throw new Refusal(400, "the path is not a valid URL path", { cause });
    }
}

/** The text as a slot's id. @throws Refusal (400): an id must never act as a path. */
export function slotId(text: string): string {
    if (!isSlotName(text)) throw new Refusal(400, `${JSON.stringify(text)} is not a slot id`);
    return text;
}

/** Refuses (401) a request that does not bear the token; takes as long for a wrong one as for the right one. */
export function mustBear(request: IncomingMessage, token: string): void {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const digest = (text: string) => createHash("sha256").update(text).digest();
    if (!timingSafeEqual(digest(given), digest(token))) throw new Refusal(401, "this needs the admin's bearer token");
}
