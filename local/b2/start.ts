import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { startObjectStore, type ObjectStore, type StorePlace } from "../object-store.ts";
import { endProcess, identify } from "../process.ts";
import { runEnvironment } from "../run-environment.ts";
import { createAccount, type Account } from "../store-admin.ts";
import { capabilitiesOf, newKey, type B2Key, type Capability } from "./keys.ts";
import type { DoubleConfig } from "./main.ts";
import type { ThrottleConfig } from "./throttle.ts";

/** How to start the double of B2. */
export type B2Args = StorePlace & {
    /** The address to listen on; the store behind it listens on this host's loopback. */
    address: string;
    /** The versitygw binary. */
    binary: string;
    /** The buckets that the server's and the recovery key are restricted to. */
    buckets: readonly string[];
    /** What the provisioner's key may do; a drill's when absent. */
    provisioner?: readonly Capability[];
    throttle?: ThrottleConfig;
    region?: string;
};

/** A running double of B2, with three application keys. */
export interface B2 extends Omit<ObjectStore, "accounts"> {
    accounts: { provisioner: Account; writer: Account; reader: Account };
    /** JSON: how many requests came, as B2 bills them (local/b2/counts.ts). */
    countsFile: string;
}

/**
 * Starts an S3 store and a double of B2 in front of it, each a process of its own that ends with the run.
 * @throws SlotkeeperError when one of them does not start.
 */
export async function startB2(args: B2Args): Promise<B2> {
    const region = args.region ?? "us-west-004";
    const place = "run" in args ? { run: args.run } : { dir: args.dir };
    const store = await startObjectStore({ ...place, address: "127.0.0.1", binary: args.binary, region });
    try {
        const { root } = store.accounts;
        const accounts = await makeKeys(store.endpoint, root, region);
        const dir = "run" in args ? join(args.run.dir, "store") : args.dir;
        await mkdir(dir, { recursive: true });
        const countsFile = join(dir, "requests.json");
        const keys: B2Key[] = [
            {
                keyId: accounts.provisioner.accessKey,
                capabilities: [...(args.provisioner ?? capabilitiesOf.provisioner)],
                buckets: null,
            },
            ...(["writer", "reader"] as const).map((holder) => ({
                keyId: accounts[holder].accessKey,
                capabilities: [...capabilitiesOf[holder]],
                buckets: [...args.buckets],
            })),
        ];
        const config: DoubleConfig = {
            address: args.address,
            upstream: { endpoint: store.endpoint, region, root },
            keys,
            throttle: args.throttle ?? {},
            countsFile,
        };
        const { port, pid, stop } = await startDouble(config, dir, "run" in args ? runEnvironment(args.run.id) : {});
        const endpoint = `http://${args.address}:${port}`;
        return {
            endpoint,
            port,
            region,
            accounts,
            countsFile,
            pid,
            stop: async () => {
                await stop();
                await store.stop();
            },
        };
    } catch (error) {
        await store.stop();
        throw error;
    }
}

/** Keys of B2's form. For the store behind, the provisioner is an administrator; what each may do, the double knows. */
async function makeKeys(endpoint: string, root: Account, region: string): Promise<B2["accounts"]> {
    const account = randomBytes(6).toString("hex");
    const [provisioner, writer, reader] = [newKey(account), newKey(account), newKey(account)];
    await createAccount(endpoint, root, provisioner, { region, role: "admin" });
    for (const key of [writer, reader]) await createAccount(endpoint, root, key, { region });
    return { provisioner, writer, reader };
}

/** Starts the double in a session of its own, so that Ctrl-C does not reach it; its configuration goes by stdin. */
async function startDouble(config: DoubleConfig, dir: string, environment: Record<string, string>) {
    const logFile = join(dir, "b2.log");
    const log = openSync(logFile, "a", 0o600);
    const node = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts")];
    const child = spawn(process.execPath, node, {
        detached: true,
        cwd: dir,
        stdio: ["pipe", "pipe", log],
        env: { PATH: process.env["PATH"], ...environment },
    });
    closeSync(log);
    child.stdin?.on("error", () => undefined); // it ended; the wait for its port tells
    child.stdin?.end(JSON.stringify(config));
    const port = await firstLine(child);
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    child.unref();
    if (port === undefined || identity === undefined)
        throw new SlotkeeperError(
            "remote",
            `the double of B2 did not start at ${config.address}`,
            (await readFile(logFile, "utf8")).trim().split("\n").slice(-5).join("\n"),
        );
    return { port: Number(port), pid: identity.pid, stop: () => endProcess(identity) };
}

/** The first line of a process's output; undefined when it ends without one. */
async function firstLine(child: ChildProcess): Promise<string | undefined> {
    if (child.stdout === null) return undefined;
    const lines = createInterface({ input: child.stdout });
    try {
        for await (const line of lines) return line;
        return undefined;
    } finally {
        lines.close();
        child.stdout.destroy();
    }
}
