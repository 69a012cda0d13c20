import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { request, type RequestOptions } from "node:http";
import { join } from "node:path";

import { z } from "zod";

import { SlotkeeperError } from "../errors.ts";

/** Milliseconds a daemon may take to answer. */
const TIMEOUT = 10_000;

/** `GET /list` of Litestream v0.5.18 (server.go, ListResponse). */
const listSchema = z.object({
    databases: z.array(
        z.object({ path: z.string(), status: z.string(), last_sync_at: z.iso.datetime({ offset: true }).optional() }),
    ),
});

/** One database in a daemon's own list. */
export interface DaemonDatabase {
    path: string;
    status: string;
    /** Epoch ms; null when it was never uploaded. */
    lastSyncAt: number | null;
}

/** The sockets of the daemons in a folder, in name order; none when the folder is not there. */
export async function daemonSockets(folder: string): Promise<string[]> {
    const names = existsSync(folder) ? await readdir(folder) : [];
    return names
        .filter((name) => name.endsWith(".sock"))
        .sort()
        .map((name) => join(folder, name));
}

/**
 * The databases of the daemon behind a socket.
 * @throws SlotkeeperError "remote" when it does not answer, or with something else than a list.
 */
export async function askDaemon(socketPath: string): Promise<DaemonDatabase[]> {
    const { status, body } = await get(socketPath, "/list").catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        const hint = `see why: journalctl -u 'litestream@*' -n 50`;
        throw new SlotkeeperError("remote", `Litestream does not answer on ${socketPath}: ${why}`, hint);
    });
    if (status !== 200) throw new SlotkeeperError("remote", `Litestream on ${socketPath} answered ${status}: ${body}`);
    return listSchema.parse(JSON.parse(body)).databases.map((database) => {
        const { path, last_sync_at: at } = database;
        return { path, status: database.status, lastSyncAt: at === undefined ? null : Date.parse(at) };
    });
}

/**
 * Has a daemon cut and upload everything that was committed to a database, and waits until it is in the bucket
 * (`POST /sync` of Litestream v0.5.18, server.go).
 * @throws SlotkeeperError "remote" when that is not done within a minute.
 */
export async function syncDatabase(socketPath: string, path: string): Promise<void> {
    const asked = JSON.stringify({ path, wait: true, timeout: 60 });
    const { status, body } = await post(socketPath, "/sync", asked).catch((error: unknown) => {
        return { status: 0, body: error instanceof Error ? error.message : String(error) };
    });
    if (status === 200) return;
    const hint = "check that the object store can be reached from the server: journalctl -u 'litestream@*' -n 50";
    throw new SlotkeeperError(
        "remote",
        `Litestream did not bring ${path} up to date in the bucket: ${body.trim()}`,
        hint,
    );
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
    return ask(socketPath, { path, method: "GET", timeout: TIMEOUT }, "");
}

function post(socketPath: string, path: string, body: string): Promise<{ status: number; body: string }> {
    const headers = { "content-type": "application/json" };
    return ask(socketPath, { path, method: "POST", timeout: 70_000, headers }, body);
}

async function ask(
    socketPath: string,
    options: RequestOptions & { timeout: number },
    sent: string,
): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
        const asking = request({ socketPath, ...options }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
            });
        });
        asking.on("timeout", () => asking.destroy(new Error(`no answer within ${options.timeout / 1000} s`)));
        asking.on("error", reject);
        asking.end(sent);
    });
}
