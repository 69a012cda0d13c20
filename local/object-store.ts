import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { SlotkeeperError } from "../scripts/errors.ts";
import type { RunRef } from "./machine/names.ts";
import { endProcess, identify, liveness, waitUntil, type ProcessIdentity } from "./process.ts";
import { runEnvironment } from "./run-environment.ts";
import { createAccount, type Account } from "./store-admin.ts";

/** Where the store keeps its data: in a run, which ends it, or in a folder of its own (then `stop` must be called). */
export type StorePlace = { run: RunRef } | { dir: string };

/** How to start an object store. */
export type ObjectStoreArgs = StorePlace & {
    /** The address to listen on, and no other. */
    address: string;
    /** A free port when absent. */
    port?: number;
    /** The versitygw binary. */
    binary: string;
    /** Writes a line for each request to this file when given: S3 server access log format. */
    accessLog?: string;
    /** The only region that requests may be signed for; us-east-1 when absent. */
    region?: string;
};

/** A running S3 store with versioning, path-style addresses and three accounts. */
export interface ObjectStore {
    endpoint: string;
    port: number;
    region: string;
    /** root makes buckets and policies; writer and reader may do what a bucket's policy says. */
    accounts: { root: Account; writer: Account; reader: Account };
    pid: number;
    /** Ends the store; its data stays. */
    stop(): Promise<void>;
}

const newAccount = (name: string): Account => ({
    accessKey: `${name}-${randomBytes(6).toString("hex")}`,
    secretKey: randomBytes(24).toString("base64url"),
});

/** A port that is free now, or the wanted one. @throws SlotkeeperError when it, or the address, cannot be had. */
function freePort(address: string, wanted: number): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", (error: NodeJS.ErrnoException) => {
            const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.message})`;
            const hint = `end what listens there (ss -ltnp), or give another port`;
            reject(new SlotkeeperError("usage", `port ${wanted} of ${address} ${why}`, hint));
        });
        server.listen(wanted, address, () => {
            const { port } = server.address() as AddressInfo;
            server.close(() => {
                resolve(port);
            });
        });
    });
}

interface Launch {
    args: ObjectStoreArgs;
    region: string;
    dir: string;
    port: number;
    root: Account;
}

/** Starts versitygw in a session of its own, so that Ctrl-C does not reach it; secrets go by the environment. */
function launch({ args, region, dir, port, root }: Launch): ProcessIdentity | undefined {
    const log = openSync(join(dir, "log"), "a", 0o600);
    const accessLog = args.accessLog === undefined ? [] : ["--access-log", args.accessLog];
    const listen = ["--port", `${args.address}:${port}`, "--region", region, ...accessLog];
    const accounts = ["--iam-dir", join(dir, "accounts"), "--quiet"];
    const posix = ["posix", "--versioning-dir", join(dir, "versions"), join(dir, "data")];
    const child = spawn(args.binary, [...listen, ...accounts, ...posix], {
        detached: true,
        cwd: dir,
        stdio: ["ignore", log, log],
        env: {
            PATH: process.env["PATH"],
            ROOT_ACCESS_KEY_ID: root.accessKey,
            ROOT_SECRET_ACCESS_KEY: root.secretKey,
            ...("run" in args ? runEnvironment(args.run.id) : {}),
        },
    });
    closeSync(log);
    // "error" is followed by no pid; what went wrong is told by the wait for an answer.
    child.on("error", () => undefined);
    child.unref();
    return child.pid === undefined ? undefined : identify(child.pid);
}

const answers = (endpoint: string) =>
    fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).then(
        (response) => response.headers.get("server")?.includes("VERSITYGW") ?? false,
        () => false,
    );

/** Waits until the store answers; false when it ends first or 15 s pass. */
async function waitForAnswer(endpoint: string, store: ProcessIdentity): Promise<boolean> {
    const deadline = performance.now() + 15_000;
    while (performance.now() < deadline && liveness(store) === "alive") {
        if (await answers(endpoint)) return true;
        await waitUntil(() => false, 25);
    }
    return false;
}

/**
 * Starts an S3 store that listens on the given address only and keeps objects, versions and accounts below its
 * folder, readable by this user only. @throws SlotkeeperError when the port is in use or it does not start.
 */
export async function startObjectStore(args: ObjectStoreArgs): Promise<ObjectStore> {
    const dir = "run" in args ? join(args.run.dir, "store") : args.dir;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await Promise.all(
        ["accounts", "versions", "data"].map((name) => mkdir(join(dir, name), { recursive: true, mode: 0o700 })),
    );
    const port = await freePort(args.address, args.port ?? 0);
    const root = newAccount("root");
    const region = args.region ?? "us-east-1";
    const endpoint = `http://${args.address}:${port}`;
    const store = launch({ args, region, dir, port, root });
    if (store === undefined || !(await waitForAnswer(endpoint, store))) {
        if (store !== undefined) await endProcess(store);
        const tail = (await readFile(join(dir, "log"), "utf8")).trim().split("\n").slice(-5).join("\n");
        throw new SlotkeeperError(
            "remote",
            `the object store did not start at ${endpoint}`,
            tail === "" ? `is ${args.binary} a program?` : tail,
        );
    }
    const stop = () => endProcess(store);
    try {
        const [writer, reader] = [newAccount("writer"), newAccount("reader")];
        for (const account of [writer, reader]) await createAccount(endpoint, root, account, { region });
        return { endpoint, port, region, accounts: { root, writer, reader }, pid: store.pid, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}
