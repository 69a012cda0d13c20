import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Progress } from "../../scripts/progress.ts";
import type { Fleet } from "./fleet.ts";
import { Refusal } from "./refusal.ts";
import { actionBody, mustBear, pathParts, readBody, slotBody, slotId, userBody } from "./requests.ts";

interface Answer {
    readonly status: number;
    readonly body: unknown;
}

/**
 * The app's HTTP API. A write is answered with 201 only when it is committed; any answer from 400 to 499, and 503, means
 * that nothing was written.
 *
 * GET /health · GET /slots/:id · POST /slots/:id/actions · POST /users; with the bearer token: GET /slots ·
 * POST /admin/slots · DELETE /admin/slots/:id · POST /admin/slots/:id/stop|start · POST /admin/maintenance/on|off
 */
export function appServer(fleet: Fleet, token: string, progress: Progress): Server {
    const server = createServer((request, response) => {
        respond(request, fleet, token)
            .catch((error: unknown): Answer => {
                if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
                progress(
                    `${request.method ?? ""} ${request.url ?? ""}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
                );
                return { status: 500, body: { error: "internal error" } };
            })
            .then((answer) => {
                send(response, answer);
            })
            .catch((error: unknown) => {
                progress(`an answer could not be sent: ${String(error)}`);
                response.destroy();
            });
    });
    // Longer than any client keeps an idle connection, so that none is closed under a request.
    server.keepAliveTimeout = 120_000;
    return server;
}

function send(response: ServerResponse, { status, body }: Answer): void {
    const text = JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
}

async function respond(request: IncomingMessage, fleet: Fleet, token: string): Promise<Answer> {
    const [area = "", ...rest] = pathParts(request.url ?? "/");
    const method = request.method ?? "GET";
    if (area === "admin") {
        mustBear(request, token);
        return admin(request, fleet, [method, ...rest]);
    }
    if (area === "health" && rest.length === 0 && method === "GET")
        return ok({ status: "ok", maintenance: fleet.maintenance, slots: fleet.activeSlots().length });
    if (area === "slots" && rest.length === 0 && method === "GET") {
        mustBear(request, token);
        return ok({ slots: fleet.activeSlots() });
    }
    if (fleet.maintenance) throw new Refusal(503, "the app is under maintenance");
    if (area === "users" && rest.length === 0 && method === "POST") {
        const user = await readBody(request, userBody);
        const at = Date.now();
        fleet.addUser(user, at);
        return { status: 201, body: { seq: user.seq, at } };
    }
    if (area === "slots" && rest.length > 0) return slot(request, fleet, [method, ...rest]);
    throw notFound();
}

async function slot(request: IncomingMessage, fleet: Fleet, [method, name = "", ...rest]: string[]): Promise<Answer> {
    const id = slotId(name);
    if (method === "GET" && rest.length === 0) return ok(fleet.summary(id));
    if (method === "POST" && rest.length === 1 && rest[0] === "actions") {
        const action = await readBody(request, actionBody);
        const at = Date.now();
        fleet.append(id, action, at);
        return { status: 201, body: { seq: action.seq, at } };
    }
    throw notFound();
}

async function admin(
    request: IncomingMessage,
    fleet: Fleet,
    [method, area, name, verb, ...rest]: string[],
): Promise<Answer> {
    if (rest.length > 0) throw notFound();
    if (area === "maintenance" && method === "POST" && verb === undefined && (name === "on" || name === "off")) {
        fleet.setMaintenance(name === "on");
        return ok({ maintenance: fleet.maintenance });
    }
    if (area !== "slots") throw notFound();
    if (method === "POST" && name === undefined) {
        const { id = `slot_${randomBytes(4).toString("hex")}`, name: title } = await readBody(request, slotBody);
        const at = Date.now();
        fleet.create(id, title, at);
        return { status: 201, body: { id, at } };
    }
    if (name === undefined) throw notFound();
    const id = slotId(name);
    if (method === "DELETE" && verb === undefined) {
        const at = Date.now();
        fleet.deactivate(id, at);
        return ok({ id, at });
    }
    if (method === "POST" && verb === "stop") fleet.stop(id);
    else if (method === "POST" && verb === "start") fleet.start(id);
    else throw notFound();
    return ok({ id, state: verb === "stop" ? "stopped" : "running" });
}

function ok(body: unknown): Answer {
    return { status: 200, body };
}

function notFound(): Refusal {
    return new Refusal(404, "there is no such thing");
}
