import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { z } from "zod";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { slotReplicaPath } from "../../components/fleet-settings.ts";
import type { StoreKeys } from "../adapters/object-store.ts";
import { openObjectReader } from "../adapters/object-store.ts";

import { readCatalog } from "./catalog.ts";
import { fleetFolder, slotPath } from "./fleet-folder.ts";
import { listGlobalReplica, listSlotReplicas } from "./replica-listing.ts";
import type { LtxFile } from "./restore-plan.ts";
import { formatTxid, newestTxid } from "./restore-plan.ts";
import type { Problem } from "./result.ts";

/** A database that must not be replicated as it is. */
export interface ReplicationRefusal extends Problem {
    /** "global", or the slot's id. */
    id: string;
}

/** What `replication check` found. */
export interface ReplicationCheck {
    databases: number;
    refusals: ReplicationRefusal[];
}

const restoredSchema = z.record(z.string(), z.string().nullable());

/**
 * Asks, before Litestream starts, whether it would put an empty or an older database over a replica that holds more:
 * each database of the catalog whose replica is not empty must be here, and be as new as its replica. How new a
 * database is, is told by Litestream's own files beside it, else by what it was restored from. A staging stack may not.
 * @throws SlotkeeperError "remote" when the replicas cannot be listed: not knowing is no permission.
 */
export async function checkReplication(settings: FleetSettings, keys: StoreKeys): Promise<ReplicationCheck> {
    if (settings.role === "staging") {
        const hint = "remove Litestream from this server; only a production stack replicates";
        return { databases: 0, refusals: [{ id: "global", message: "this stack is a staging stack", hint }] };
    }
    const folder = fleetFolder(settings);
    const reader = openObjectReader(settings.replica, keys);
    try {
        const [globalFiles, slotFiles, restored] = await Promise.all([
            listGlobalReplica(reader, settings),
            listSlotReplicas(reader, settings),
            readRestored(folder.restoredPath),
        ]);
        const judge = (
            id: string,
            kind: string,
            path: string,
            files: LtxFile[],
        ): Promise<ReplicationRefusal | null> => {
            return refusalOf({ id, path, files, restoredTxid: restored[`${kind}:${id}`] ?? null });
        };
        const global = await judge("global", "global", folder.globalPath, globalFiles);
        if (!existsSync(folder.globalPath)) return { databases: 1, refusals: global === null ? [] : [global] };
        const catalog = readCatalog(folder.globalPath, settings.catalogQuery, "shared");
        const slots = await Promise.all(
            catalog.active.map((id) => {
                return judge(id, "slot", slotPath(folder, id), slotFiles.get(slotReplicaPath(settings, id)) ?? []);
            }),
        );
        const refusals = [global, ...slots].filter((refusal) => refusal !== null);
        // An app that has no slot yet has no replica of one either: only then is an unreadable catalog harmless.
        if (catalog.problem !== null && slotFiles.size > 0) refusals.push({ id: "global", ...catalog.problem });
        return { databases: catalog.active.length + 1, refusals };
    } finally {
        reader.close();
    }
}

interface Question {
    id: string;
    path: string;
    files: LtxFile[];
    restoredTxid: string | null;
}

async function refusalOf({ id, path, files, restoredTxid }: Question): Promise<ReplicationRefusal | null> {
    const replicaTxid = newestTxid(files);
    if (replicaTxid === null) return null;
    const replica = `its replica holds transactions up to ${formatTxid(replicaTxid)}`;
    if (!existsSync(path)) {
        return { id, message: `${path} does not exist, but ${replica}`, hint: "restore it before Litestream starts" };
    }
    const localTxid = (await litestreamPosition(path)) ?? (restoredTxid === null ? null : BigInt(`0x${restoredTxid}`));
    const hint = "restore it, or move its replica to another path if the database here is the one to keep";
    if (localTxid === null) return { id, message: `nothing tells how new ${path} is, and ${replica}`, hint };
    if (localTxid >= replicaTxid) return null;
    return { id, message: `${path} is at transaction ${formatTxid(localTxid)}, but ${replica}`, hint };
}

/** The newest transaction that Litestream has cut from a database here (`.<file>-litestream/ltx/0`); null when none. */
async function litestreamPosition(path: string): Promise<bigint | null> {
    const ltx = join(dirname(path), `.${basename(path)}-litestream`, "ltx", "0");
    const names = existsSync(ltx) ? await readdir(ltx) : [];
    const txids = names.flatMap((name) => {
        const max = /^[0-9a-f]{16}-([0-9a-f]{16})\.ltx$/.exec(name)?.[1];
        return max === undefined ? [] : [BigInt(`0x${max}`)];
    });
    return txids.reduce<bigint | null>((max, txid) => (max === null || txid > max ? txid : max), null);
}

async function readRestored(path: string): Promise<Record<string, string | null>> {
    return existsSync(path) ? restoredSchema.parse(JSON.parse(await readFile(path, "utf8"))) : {};
}
