import type { FleetSettings } from "../../components/fleet-settings.ts";
import { globalReplicaPath } from "../../components/fleet-settings.ts";
import type { ObjectReader } from "../adapters/object-store.ts";

import type { LtxFile } from "./restore-plan.ts";

/** The replicas in a bucket, by replica path ("global", "slots/acme.db", with the settings' prefix). */
export type ReplicaListing = Map<string, LtxFile[]>;

/** `<replica path>/<level>/<minTXID>-<maxTXID>.ltx`, as Litestream v0.5 names its objects (s3/replica_client.go). */
const LTX_KEY = /^(?<path>.+)\/(?<level>[0-9a-f]{4})\/(?<min>[0-9a-f]{16})-(?<max>[0-9a-f]{16})\.ltx$/;

/** Reads an object's key as an LTX file; null for any other object. */
export function parseLtxKey(key: string): { path: string; level: number; minTxid: bigint; maxTxid: bigint } | null {
    const groups = LTX_KEY.exec(key)?.groups;
    if (groups === undefined) return null;
    const { path = "", level = "", min = "", max = "" } = groups;
    return { path, level: parseInt(level, 16), minTxid: BigInt(`0x${min}`), maxTxid: BigInt(`0x${max}`) };
}

/** The LTX files of the global database's replica. */
export async function listGlobalReplica(reader: ObjectReader, settings: FleetSettings): Promise<LtxFile[]> {
    const path = globalReplicaPath(settings);
    return (await listUnder(reader, `${path}/`)).get(path) ?? [];
}

/**
 * The LTX files of every slot's replica from one listing of them all: a request per 1,000 files of the fleet,
 * where asking Litestream costs a process and ten requests per database.
 */
export async function listSlotReplicas(reader: ObjectReader, settings: FleetSettings): Promise<ReplicaListing> {
    return listUnder(reader, `${settings.replica.prefix}slots/`);
}

async function listUnder(reader: ObjectReader, prefix: string): Promise<ReplicaListing> {
    const listing: ReplicaListing = new Map();
    for await (const { key, bytes, modifiedAt } of reader.list(prefix)) {
        const parsed = parseLtxKey(key);
        if (parsed === null) continue;
        const { path, ...ltx } = parsed;
        const files = listing.get(path) ?? [];
        files.push({ key, ...ltx, bytes, modifiedAt });
        listing.set(path, files);
    }
    return listing;
}
