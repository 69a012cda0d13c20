import { type FleetVerdict, locationSchema, storeKeySchema } from "../../../components/outputs.ts";
import { recoveryResultPath } from "../../../components/render/recovery.ts";
import { verificationPath } from "../../../components/render/verification.ts";
import type { BucketAccess } from "../../adapters/s3.ts";
import type { SshTarget } from "../../adapters/ssh.ts";
import { fleetVerdict } from "../../fleet/fleet-verdict.ts";
import { type FleetResult, fleetResultSchema } from "../../fleet/result.ts";
import { readJson, targetOf } from "./server.ts";
import { componentOutputs, type State } from "./state.ts";

/** What a staging server knows of its own recovery; nulls where it does not, or cannot be asked. */
export interface Collected {
    readonly server: SshTarget | null;
    readonly result: FleetResult | null;
    readonly verified: FleetVerdict | null;
}

/** Fetches what the staging server wrote down, also where the update failed on the way. Never throws. */
export async function collect(state: State | null, privateKey: string): Promise<Collected> {
    const address = state === null ? null : componentOutputs(state, "slotkeeper:index:Server")?.["address"];
    const server = targetOf(address, privateKey);
    if (server === null) return { server: null, result: null, verified: null };
    const read = (path: string) => readJson(server, path, fleetResultSchema).catch(() => null);
    const [result, now] = await Promise.all([read(recoveryResultPath), read(verificationPath)]);
    return { server, result, verified: now === null ? null : fleetVerdict(result, now) };
}

/** The replica bucket with the key that staging was given; null where production does not say. */
export function recoveryAccess(
    location: unknown,
    exportedKey: unknown,
    config: ReadonlyMap<string, string>,
): BucketAccess | null {
    const where = locationSchema.safeParse(location);
    const own = { keyId: config.get("slotkeeper:recoveryKeyId"), secret: config.get("slotkeeper:recoverySecret") };
    const key = storeKeySchema.safeParse(own.keyId === undefined ? exportedKey : own);
    if (!where.success || !key.success) return null;
    const { endpoint, region, replicaBucket } = where.data;
    return { endpoint, region, bucket: replicaBucket, ...key.data };
}
