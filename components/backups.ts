import * as pulumi from "@pulumi/pulumi";
import { monthlyCost } from "./budget.ts";
import { Buckets } from "./buckets.ts";
import type { ProductionConfig, StackConfig } from "./config.ts";
import { EncryptionSecret, type SnapshotKey } from "./encryption-secret.ts";
import { Keys } from "./keys.ts";
import type { Location, StoreKey } from "./outputs.ts";
import { productionOf } from "./production.ts";

/** Where a fleet's backups are, as its server needs to know it. */
export interface Backups {
    readonly location: pulumi.Output<Location>;
    /** What the server holds: the key that writes in production, the one that only reads in staging. Secret. */
    readonly serverKey: pulumi.Output<StoreKey>;
    /** What the server encrypts snapshots with; absent in staging, which makes none. Secret where it is a passphrase. */
    readonly snapshotKey?: pulumi.Output<SnapshotKey>;
    /** What the stack exports of them. */
    readonly exports: Readonly<Record<string, pulumi.Output<unknown>>>;
}

/** Production makes its own: buckets, then keys to them, then the secret of the snapshots. Staging reads production's. */
export function backupsOf(config: StackConfig): Backups {
    if (config.role === "production") return ownBackups(config);
    const { location, recoveryKey } = productionOf(config.production);
    return { location, serverKey: recoveryKey, exports: { location } };
}

function ownBackups(config: ProductionConfig): Backups {
    const { storage, drill: disposable } = config;
    const buckets = new Buckets("storage", { storage, disposable });
    const keys = new Keys("keys", { storage, buckets, disposable });
    const encryption = new EncryptionSecret("encryption", { encryption: config.encryption, disposable });
    const { location } = buckets;
    return {
        location,
        serverKey: keys.server,
        snapshotKey: encryption.serverKey,
        exports: {
            location,
            recoveryKey: keys.recovery,
            encryption: encryption.encryption,
            encryptionIdentities: encryption.identities,
            cost: pulumi.output(monthlyCost(config)),
        },
    };
}
