import { z } from "zod";

/** Where a server finds its own settings; nothing in this file is secret. */
export const FLEET_SETTINGS_PATH = "/etc/slotkeeper/fleet.json";

/** Where the server finds the passphrase of its snapshots (gpg only), readable by root alone. */
export const SNAPSHOT_PASSPHRASE_PATH = "/etc/slotkeeper/snapshot-passphrase";

/** What reads the active slots when the app does not say otherwise: one text column, one row a slot. */
export const DEFAULT_CATALOG_QUERY = "SELECT id FROM slots WHERE active = 1";

const absolutePath = z
    .string()
    .regex(/^\/[^\0\n]*$/, "must be an absolute path")
    .refine((path) => !path.split("/").includes(".."), "must not contain ..");

/** One name, no path: it becomes a file or folder inside the data folder. */
const fileName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, "must be a plain file name");

const probe = z.strictObject({ name: z.string().min(1), sql: z.string().min(1) });

/** A question in SQL, asked of a restored database; one column, and its rows are the answer. */
export type Probe = z.infer<typeof probe>;

/** The user and group that own the databases, as the app's service runs. */
const owner = z.strictObject({ user: z.string().min(1), group: z.string().min(1) });

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, "must be a bucket name");

/** How the server encrypts a snapshot before it leaves: to a recipient, or with the passphrase in a file. */
const encryption = z.discriminatedUnion("method", [
    z.strictObject({
        method: z.literal("age"),
        recipient: z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, "must be an age recipient: age1…"),
    }),
    z.strictObject({ method: z.literal("gpg"), passphraseFile: absolutePath }),
]);

/** `/etc/slotkeeper/fleet.json`: what the fleet of one server is and where its replicas are; unknown keys are refused. */
export const fleetSettingsSchema = z.strictObject({
    stack: z.string().min(1),
    role: z.enum(["production", "staging"]),
    dataDir: absolutePath,
    globalFile: fileName.default("global.db"),
    slotsDir: fileName.default("slots"),
    catalogQuery: z.string().min(1).default(DEFAULT_CATALOG_QUERY),
    owner: owner.nullable().default(null),
    replica: z.strictObject({
        backend: z.enum(["b2", "aws", "s3-compatible"]).default("s3-compatible"),
        endpoint: z.url({ protocol: /^https?$/ }),
        region: z.string().min(1),
        bucket,
        prefix: z
            .string()
            .regex(/^([A-Za-z0-9._-]+\/)*$/, "must be empty or end in /")
            .default(""),
    }),
    /** Where snapshots go, encrypted; null where none are made. */
    snapshots: z.strictObject({ bucket, encryption }).nullable().default(null),
    litestream: absolutePath,
    restoreConcurrency: z.int().min(1).max(64).default(4),
    digest: z.boolean().default(false),
    probes: z
        .strictObject({ global: z.array(probe).default([]), slot: z.array(probe).default([]) })
        .default({ global: [], slot: [] }),
});

/** Settings after defaults; what every command works with. */
export type FleetSettings = z.infer<typeof fleetSettingsSchema>;

/** Settings as a person or a component writes them, defaults left out. */
export type FleetSettingsInput = z.input<typeof fleetSettingsSchema>;

/** The replica path of the global database inside the bucket. */
export function globalReplicaPath(settings: Pick<FleetSettings, "replica">): string {
    return `${settings.replica.prefix}global`;
}

/** The replica path of a slot inside the bucket: what Litestream makes of `<slotsDir>/<id>.db` under `<prefix>slots`. */
export function slotReplicaPath(settings: Pick<FleetSettings, "replica">, slotId: string): string {
    return `${settings.replica.prefix}slots/${slotId}.db`;
}
