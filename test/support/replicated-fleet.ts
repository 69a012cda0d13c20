import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { execa } from "execa";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { fleetSettingsSchema } from "../../components/fleet-settings.ts";
import type { ObjectStore } from "../../local/object-store.ts";
import { startObjectStore } from "../../local/object-store.ts";
import { storeClient } from "../../local/store-admin.ts";
import { litestreamEnvironment } from "../../scripts/adapters/litestream.ts";
import type { StoreKeys } from "../../scripts/adapters/object-store.ts";

import { toolPath } from "./tools.ts";

/** A store on loopback, a source folder to replicate from, and an empty folder to restore to; all one test's own. */
export interface FleetWorld {
    dir: string;
    sourceDir: string;
    store: ObjectStore;
    /** Where the store keeps the bucket's objects as files. */
    bucketDir: string;
    keys: StoreKeys;
    accessLog: string;
    /** Settings that restore into a folder of this name. */
    settings(folder: string, more?: Partial<FleetSettings>): FleetSettings;
    /** Replicates all that is in `sourceDir` now, once. */
    replicate(): Promise<void>;
    /** Starts a Litestream daemon over `sourceDir`, with a control socket; it is killed when disposed of. */
    startDaemon(): Promise<AsyncDisposable & { socketsDir: string }>;
    close(): Promise<void>;
}

const BUCKET = "fleet";

/** Starts the world; `close()` ends the store and removes the folders. */
export async function openFleetWorld(): Promise<FleetWorld> {
    const dir = await mkdtemp(join(tmpdir(), "slotkeeper-fleet-"));
    const sourceDir = join(dir, "source");
    const accessLog = join(dir, "access.log");
    await mkdir(sourceDir);
    const place = { dir: join(dir, "store"), address: "127.0.0.1", binary: toolPath("versitygw"), accessLog };
    const store = await startObjectStore(place);
    const { accessKey: accessKeyId, secretKey: secretAccessKey } = store.accounts.root;
    const client = storeClient(store.endpoint, store.accounts.root);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    const keys = { accessKeyId, secretAccessKey };
    const replica = { endpoint: store.endpoint, region: store.region, bucket: BUCKET };
    return {
        dir,
        sourceDir,
        store,
        bucketDir: join(dir, "store", "data", BUCKET),
        keys,
        accessLog,
        settings: (folder, more) =>
            fleetSettingsSchema.parse({
                stack: "test",
                role: "staging",
                dataDir: join(dir, folder),
                replica,
                litestream: toolPath("litestream"),
                digest: true,
                ...more,
            }),
        replicate: async () => {
            await litestream(await writeConfig(sourceDir, replica), keys, ["-once"]);
        },
        startDaemon: async () => {
            const socketsDir = join(dir, "sockets");
            await mkdir(socketsDir, { recursive: true });
            const path = join(socketsDir, "all.sock");
            const daemon = litestream(await writeConfig(sourceDir, replica, { enabled: true, path }), keys, []);
            daemon.catch(() => undefined);
            for (let waited = 0; !existsSync(path) && waited < 10_000; waited += 20) await wait(20);
            const end = async () => {
                daemon.kill("SIGKILL");
                await daemon.catch(() => undefined);
            };
            return { socketsDir, [Symbol.asyncDispose]: end };
        },
        close: async () => {
            await store.stop();
            await rm(dir, { recursive: true });
        },
    };
}

type Replica = Pick<FleetSettings["replica"], "endpoint" | "region" | "bucket">;

async function writeConfig(sourceDir: string, replica: Replica, socket: object = { enabled: false }): Promise<string> {
    const at = (path: string) => ({ type: "s3", path, "force-path-style": true, ...replica });
    const dbs = [
        { path: join(sourceDir, "global.db"), replica: at("global") },
        { dir: join(sourceDir, "slots"), pattern: "*.db", replica: at("slots") },
    ];
    const configPath = `${sourceDir}.yml`;
    await writeFile(configPath, JSON.stringify({ socket, dbs }));
    return configPath;
}

function litestream(configPath: string, keys: StoreKeys, flags: string[]) {
    const env = litestreamEnvironment(keys);
    const argv = ["replicate", ...flags, "-config", configPath, "-no-expand-env"];
    return execa(toolPath("litestream"), argv, { env, extendEnv: false, stdin: "ignore" });
}
