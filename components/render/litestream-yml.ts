import { dump } from "js-yaml";

/** The bucket that holds a fleet's replicas. */
export interface ReplicaBucket {
    readonly backend: "b2" | "aws" | "s3-compatible";
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
}

/** Where one fleet's replicas are. */
export interface ReplicaLocation extends ReplicaBucket {
    /** Put before every replica's path: "" or ending in "/". */
    readonly prefix: string;
}

/** Litestream's intervals in seconds, chosen from the promised RPO. */
export interface Intervals {
    readonly monitorSeconds: number;
    readonly syncSeconds: number;
}

/**
 * Splits an RPO into Litestream's two intervals, leaving more than half of it for the upload and for retries.
 * `monitor-interval` sets the number of uploads, and both add to the lag (measured: docs/replication.md).
 */
export function intervalsFor(rpoSeconds: number): Intervals {
    return { monitorSeconds: Math.max(1, Math.min(30, Math.floor(rpoSeconds / 3))), syncSeconds: 1 };
}

const tuned = {
    // The default housekeeping lists every idle database 12,000 times a day; these intervals make that about 12.
    levels: [{ interval: "5m" }, { interval: "1h" }, { interval: "6h" }],
    snapshot: { interval: "24h", retention: "168h" },
    "l0-retention": "6h",
    "l0-retention-check-interval": "6h",
    "verify-compaction": true,
    "shutdown-timeout": "120s",
};

function common(daemon: string) {
    return {
        socket: { enabled: true, path: `/run/litestream/${daemon}.sock`, permissions: 0o600 },
        ...tuned,
        logging: { level: "info", type: "text", stderr: true },
    };
}

/**
 * Litestream's settings for one replica on a backend. What it finds out by itself from `*.backblazeb2.com` is said here
 * in so many words (its docs/PROVIDER_COMPATIBILITY.md); with an endpoint it leaves out the checksums that other stores
 * refuse, so AWS, which takes them, is given none.
 */
export function s3Replica(to: ReplicaBucket, path: string) {
    const where = { bucket: to.bucket, path, region: to.region };
    if (to.backend === "aws") return { type: "s3", ...where };
    const pathStyle = { type: "s3", endpoint: to.endpoint, ...where, "force-path-style": true };
    if (to.backend === "s3-compatible") return pathStyle;
    // B2 refuses unsigned payloads, and a DeleteObjects without Content-MD5.
    return { ...pathStyle, "sign-payload": true, "require-content-md5": true };
}

function replica(location: ReplicaLocation, path: string, syncSeconds: number) {
    return { ...s3Replica(location, `${location.prefix}${path}`), "sync-interval": `${syncSeconds}s` };
}

/** The configuration of the daemon that replicates the global database. */
export function globalLitestreamYml(path: string, location: ReplicaLocation, intervals: Intervals): string {
    return render({
        ...common("global"),
        dbs: [
            {
                path,
                "monitor-interval": `${Math.min(2, intervals.monitorSeconds)}s`,
                replica: replica(location, "global", intervals.syncSeconds),
            },
        ],
    });
}

/** The configuration of a daemon that replicates every `*.db` of a folder, also those that appear later. */
export function slotsLitestreamYml(directory: string, location: ReplicaLocation, intervals: Intervals): string {
    return render({
        ...common("1"),
        dbs: [
            {
                dir: directory,
                pattern: "*.db",
                watch: true,
                "monitor-interval": `${intervals.monitorSeconds}s`,
                replica: replica(location, "slots", intervals.syncSeconds),
            },
        ],
    });
}

function render(config: object): string {
    const text = dump(config, { lineWidth: -1, sortKeys: false });
    // Litestream expands `$NAME` anywhere in the file, and turns an unset one silently into nothing.
    if (text.includes("$"))
        throw new Error(`a value for litestream.yml contains "$", which Litestream would expand:\n${text}`);
    return text;
}
