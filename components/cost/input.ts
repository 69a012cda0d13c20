import type { CostConfig } from "../config/cost.ts";
import type { ServerConfig } from "../config/server.ts";
import type { StorageConfig } from "../config/storage.ts";
import type { CostInput } from "./estimate.ts";

/** What of a production stack's configuration the estimate is made from. */
export interface CostSettings {
    readonly storage: StorageConfig;
    readonly cost: CostConfig;
    readonly rpoSeconds: number;
    readonly server: ServerConfig;
}

/** See {@link CostSettings}. */
export function costInputOf({ storage, cost, rpoSeconds, server }: CostSettings): CostInput {
    return {
        backend: storage.backend,
        region: storage.region,
        lifecycle: storage.backend === "s3-compatible" ? storage.lifecycle : true,
        keepDeletedDays: storage.keepDeletedDays,
        lockDays: storage.snapshotLock?.days,
        rpoSeconds,
        cost,
        server,
    };
}
