import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import Database from "better-sqlite3";
import { execa } from "execa";
import { dump, load } from "js-yaml";
import {
    globalLitestreamYml,
    type Housekeeping,
    intervalsFor,
    slotsLitestreamYml,
} from "../../components/render/litestream-yml.ts";
import { litestreamEnvironment } from "../../scripts/adapters/litestream.ts";
import type { Progress } from "../../scripts/progress.ts";
import { seedFleet } from "../app/seed.ts";
import { startObjectStore } from "../object-store.ts";
import { storeClient } from "../store-admin.ts";
import { type LoggedRequest, parseAccessLog } from "./access-log.ts";

/** What is replicated, how, and for how long it is watched. */
export interface BenchArgs {
    /** Everything lies in this folder: databases, store, log. */
    readonly folder: string;
    readonly litestream: string;
    readonly versitygw: string;
    /** Slots that nobody writes to. */
    readonly idle: number;
    /** Slots that are written to twice a second; so is the global database. */
    readonly busy: number;
    readonly rpoSeconds: number;
    /** Other housekeeping than the product's: to see in minutes what happens in days. */
    readonly housekeeping?: Housekeeping;
    /** Between the start and the beginning of the count. */
    readonly settleSeconds: number;
    readonly seconds: number;
    readonly progress: Progress;
    /** Ends it early, with everything that it started. */
    readonly signal: AbortSignal;
}

/** Litestream's requests within the window, and which databases were written to. */
export interface BenchResult {
    readonly seconds: number;
    readonly requests: readonly LoggedRequest[];
    /** Replica paths. */
    readonly idle: readonly string[];
    readonly busy: readonly string[];
    readonly writes: number;
    /** Bytes of all the databases at the end. */
    readonly databaseBytes: number;
}

const bucket = "bench-replicas";

/**
 * Replicates a sample fleet with the real Litestream, configured as the product does it, to a real object store, and
 * counts what reaches the store.
 */
export async function benchReplication(args: BenchArgs): Promise<BenchResult> {
    const { folder, progress } = args;
    const dataDir = join(folder, "data");
    seedFleet({ dataDir, slots: args.idle + args.busy, seed: 1, progress });
    const accessLog = join(folder, "access.log");
    await using cleanup = new AsyncDisposableStack();
    const store = await startObjectStore({
        dir: join(folder, "store"),
        address: "127.0.0.1",
        binary: args.versitygw,
        accessLog,
    });
    cleanup.defer(() => store.stop());
    const client = storeClient(store.endpoint, store.accounts.root);
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();

    const at = { endpoint: store.endpoint, region: store.region, bucket, prefix: "" };
    const location = { backend: "s3-compatible" as const, ...at };
    const intervals = intervalsFor(args.rpoSeconds);
    const global = join(dataDir, "global.db");
    const slots = join(dataDir, "slots");
    const daemons = [
        { name: "global", yml: globalLitestreamYml(global, location, intervals) },
        { name: "1", yml: slotsLitestreamYml(slots, location, intervals) },
    ];
    const died = new AbortController();
    const signal = AbortSignal.any([args.signal, died.signal]);
    for (const { name, yml } of daemons) {
        const config = join(folder, `${name}.yml`);
        await writeFile(config, benchYml(yml, folder, args.housekeeping));
        const { accessKey: accessKeyId, secretKey: secretAccessKey } = store.accounts.root;
        const daemon = execa(args.litestream, ["replicate", "-config", config], {
            env: litestreamEnvironment({ accessKeyId, secretAccessKey }),
            extendEnv: false,
            stdin: "ignore",
            stdout: { file: join(folder, `${name}.log`) },
            stderr: { file: join(folder, `${name}.log`) },
            reject: false,
        });
        cleanup.defer(async () => {
            daemon.kill("SIGTERM");
            await daemon;
        });
        void daemon.then(async ({ exitCode }) => {
            const words = await readFile(join(folder, `${name}.log`), "utf8").catch(() => "");
            died.abort(new Error(`litestream ended with ${String(exitCode)}: ${words.slice(-2000)}`));
        });
    }

    const paths = await slotPaths(slots);
    const busyPaths = [global, ...paths.slice(0, args.busy)];
    const writers = busyPaths.map((path) => new Writer(path));
    cleanup.defer(() => {
        for (const writer of writers) writer.close();
    });
    const replicaPath = (path: string) => (path === global ? "global" : `slots/${path.slice(slots.length + 1)}`);

    progress(`replicating ${paths.length + 1} databases to ${store.endpoint}, settling for ${args.settleSeconds} s`);
    await write(writers, args.settleSeconds, signal);
    const from = (await stat(accessLog)).size;
    const begun = performance.now();
    progress(`counting for ${args.seconds} s`);
    const writes = await write(writers, args.seconds, signal);
    const seconds = (performance.now() - begun) / 1000;
    const log = (await readFile(accessLog)).subarray(from).toString("utf8");
    const sizes = await Promise.all([global, ...paths].map(async (path) => (await stat(path)).size));
    return {
        seconds,
        requests: parseAccessLog(log),
        idle: paths.slice(args.busy).map(replicaPath),
        busy: busyPaths.map(replicaPath),
        writes,
        databaseBytes: sizes.reduce((sum, size) => sum + size, 0),
    };
}

/** The product's own file; only the control socket is moved, and the housekeeping replaced where that is asked for. */
function benchYml(yml: string, folder: string, housekeeping: Housekeeping | undefined): string {
    const here = yml.replaceAll("/run/litestream/", `${folder}/`);
    if (housekeeping === undefined) return here;
    return dump({
        ...(load(here) as object),
        levels: housekeeping.levelSeconds.map((seconds) => ({ interval: `${seconds}s` })),
        snapshot: {
            interval: `${housekeeping.snapshotSeconds}s`,
            retention: `${housekeeping.snapshotKeptSeconds}s`,
        },
        "l0-retention": `${housekeeping.l0KeptSeconds}s`,
        "l0-retention-check-interval": `${housekeeping.l0CheckSeconds}s`,
    });
}

async function slotPaths(slots: string): Promise<string[]> {
    const names = (await readdir(slots)).filter((name) => name.endsWith(".db"));
    return names.sort().map((name) => join(slots, name));
}

/** One small transaction on each database, twice a second. @returns how many. */
async function write(writers: readonly Writer[], seconds: number, signal: AbortSignal): Promise<number> {
    let written = 0;
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
        for (const writer of writers) written += writer.write();
        await wait(500, undefined, { signal }).catch(() => undefined);
        signal.throwIfAborted();
    }
    return written;
}

/** Writes an audit row of some 150 bytes, as an app would with each request. */
class Writer {
    readonly #database: Database.Database;
    readonly #insert: Database.Statement<[number, string]>;

    constructor(path: string) {
        this.#database = new Database(path);
        this.#database.pragma("journal_mode = WAL");
        this.#database.pragma("synchronous = NORMAL");
        this.#insert = this.#database.prepare("INSERT INTO audit_log (at, event) VALUES (?, ?)");
    }

    write(): number {
        const event = `bench ${crypto.randomUUID()} ${crypto.randomUUID()} ${crypto.randomUUID()}`;
        return this.#insert.run(Date.now(), event).changes;
    }

    close(): void {
        this.#database.close();
    }
}
