import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { Fleet } from "../../../local/app/fleet.ts";
import { appServer } from "../../../local/app/server.ts";
import { seededFolder } from "../../support/app-data.ts";

interface Answer {
    status: number;
    body: Record<string, unknown>;
}

interface App extends AsyncDisposable {
    slots: string[];
    /** `path` is sent as it stands: no client tidies it up. */
    ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
    lines: string[];
}

async function serve(): Promise<App> {
    const folder = seededFolder(2);
    const fleet = new Fleet(folder.path, () => undefined);
    const lines: string[] = [];
    const server = appServer(fleet, "right", (line) => lines.push(line)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
        slots: fleet.activeSlots(),
        lines,
        ask: (method, path, body, token) =>
            new Promise((resolve, reject) => {
                const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
                const asked = request({ port, host: "127.0.0.1", method, path, headers, agent: false });
                asked.on("error", reject);
                asked.on("response", (response) => {
                    let text = "";
                    response.setEncoding("utf8");
                    response.on("data", (chunk: string) => (text += chunk));
                    response.on("end", () => {
                        try {
                            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] });
                        } catch (cause) {
                            reject(new Error(`not JSON: ${JSON.stringify(text)}`, { cause }));
                        }
                    });
                });
                asked.end(typeof body === "string" ? body : JSON.stringify(body));
            }),
        async [Symbol.asyncDispose]() {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
            fleet.close();
            folder[Symbol.dispose]();
        },
    };
}

describe("appServer", () => {
    it("acknowledges a write, and shows it", async () => {
        await using app = await serve();
        const [slot = ""] = app.slots;
        const before = await app.ask("GET", `/slots/${slot}`);
        const written = await app.ask("POST", `/slots/${slot}/actions`, { seq: 3, kind: "drill", payload: "x" });
        assert.equal(written.status, 201);
        assert.equal(written.body["seq"], 3);
        const after = await app.ask("GET", `/slots/${slot}`);
        assert.deepEqual(after.body, {
            id: slot,
            actions: Number(before.body["actions"]) + 1,
            maxSeq: 3,
            newestAuditAt: written.body["at"],
        });
    });

    it("adds a user once", async () => {
        await using app = await serve();
        const user = { seq: 1, email: "one@example.test", name: "One" };
        assert.equal((await app.ask("POST", "/users", user)).status, 201);
        assert.equal((await app.ask("POST", "/users", user)).status, 409);
        assert.equal((await app.ask("POST", "/users", { ...user, seq: 2 })).status, 409);
    });

    it("keeps the admin's part to the bearer of the token", async () => {
        await using app = await serve();
        const [slot = ""] = app.slots;
        for (const [method, path] of [
            ["GET", "/slots"],
            ["POST", "/admin/slots"],
            ["DELETE", `/admin/slots/${slot}`],
            ["POST", `/admin/slots/${slot}/stop`],
            ["POST", "/admin/maintenance/on"],
        ] as const)
            for (const token of [undefined, "wrong", "right2"])
                assert.equal((await app.ask(method, path, undefined, token)).status, 401, `${method} ${path}`);
        assert.deepEqual((await app.ask("GET", "/slots", undefined, "right")).body, { slots: app.slots });
        assert.equal((await app.ask("GET", "/health")).body["maintenance"], false);
    });

    it("creates and deactivates slots", async () => {
        await using app = await serve();
        const made = await app.ask("POST", "/admin/slots", {}, "right");
        assert.equal(made.status, 201);
        const id = String(made.body["id"]);
        assert.match(id, /^slot_[0-9a-f]{8}$/);
        assert.equal((await app.ask("POST", `/slots/${id}/actions`, { seq: 1, kind: "k", payload: "" })).status, 201);
        assert.equal((await app.ask("POST", "/admin/slots", { id: "mine" }, "right")).body["id"], "mine");
        assert.equal((await app.ask("POST", "/admin/slots", { id: "mine" }, "right")).status, 409);
        assert.equal((await app.ask("DELETE", `/admin/slots/${id}`, undefined, "right")).status, 200);
        assert.equal((await app.ask("POST", `/slots/${id}/actions`, { seq: 2, kind: "k", payload: "" })).status, 404);
        assert.equal((await app.ask("DELETE", `/admin/slots/${id}`, undefined, "right")).status, 404);
    });

    it("stops and starts a slot", async () => {
        await using app = await serve();
        const [slot = "", other = ""] = app.slots;
        assert.equal((await app.ask("POST", `/admin/slots/${slot}/stop`, undefined, "right")).status, 200);
        const write = { seq: 1, kind: "k", payload: "" };
        assert.equal((await app.ask("POST", `/slots/${slot}/actions`, write)).status, 409);
        assert.equal((await app.ask("POST", `/slots/${other}/actions`, write)).status, 201);
        assert.equal((await app.ask("POST", `/admin/slots/${slot}/start`, undefined, "right")).status, 200);
        assert.equal((await app.ask("POST", `/slots/${slot}/actions`, write)).status, 201);
    });

    it("under maintenance serves only the admin", async () => {
        await using app = await serve();
        const [slot = ""] = app.slots;
        assert.equal((await app.ask("POST", "/admin/maintenance/on", undefined, "right")).status, 200);
        assert.equal((await app.ask("GET", `/slots/${slot}`)).status, 503);
        assert.equal((await app.ask("POST", "/users", { seq: 1, email: "a@example.test", name: "A" })).status, 503);
        assert.equal((await app.ask("GET", "/slots", undefined, "right")).status, 200);
        assert.deepEqual((await app.ask("GET", "/health")).body, { status: "ok", maintenance: true, slots: 2 });
        assert.equal((await app.ask("POST", "/admin/maintenance/off", undefined, "right")).status, 200);
        assert.equal((await app.ask("GET", `/slots/${slot}`)).status, 200);
    });

    it("never takes an id for a path", async () => {
        await using app = await serve();
        for (const id of ["..%2fglobal", "%2e%2e", "-rf", "a%20b", "a%00b", "a'b", "%22", "a".repeat(65), "", "%ff"]) {
            const read = await app.ask("GET", `/slots/${id}`);
            assert.equal(read.status, 400, id);
            assert.equal((await app.ask("DELETE", `/admin/slots/${id}`, undefined, "right")).status, 400, id);
        }
        for (const id of ["../global", "", "-rf", "a b"])
            assert.equal((await app.ask("POST", "/admin/slots", { id }, "right")).status, 400, id);
        for (const path of ["/", "/slots/a/../global", "/../../etc/passwd", "/nothing", "/admin", "/slots/a/b/c"])
            assert.equal((await app.ask("GET", path, undefined, "right")).status, 404, path);
    });

    it("names what is wrong with a body", async () => {
        await using app = await serve();
        const path = `/slots/${app.slots[0] ?? ""}/actions`;
        const write = { seq: 1, kind: "k", payload: "" };
        for (const [body, status] of [
            ["{", 400],
            ["", 400],
            [{ ...write, seq: 0 }, 400],
            [{ ...write, seq: 1.5 }, 400],
            [{ ...write, seq: "1" }, 400],
            [{ ...write, extra: 1 }, 400],
            [{ ...write, payload: "x".repeat(65_537) }, 400],
            ["x".repeat(200_000), 413],
        ] as const)
            assert.equal((await app.ask("POST", path, body)).status, status, JSON.stringify(body).slice(0, 60));
        assert.equal((await app.ask("POST", path, write)).status, 201);
        assert.deepEqual(app.lines, []);
    });
});
