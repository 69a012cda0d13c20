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

/** See {@link housekeeping}. */
export interface Housekeeping {
    /** Files are merged into levels 1, 2 and 3 as often. */
    readonly levelSeconds: readonly [number, number, number];
    readonly snapshotSeconds: number;
    readonly snapshotKeptSeconds: number;
    /** How long the files as they were uploaded are kept beside the merged ones, and how often that is looked after. */
    readonly l0KeptSeconds: number;
    readonly l0CheckSeconds: number;
}

/**
 * Splits an RPO into Litestream's two intervals, leaving more than half of it for the upload and for retries.
 * `monitor-interval` sets the number of uploads, and both add to the lag (measured: docs/replication.md).
 */
export function intervalsFor(rpoSeconds: number): Intervals {
    return { monitorSeconds: Math.max(1, Math.min(30, Math.floor(rpoSeconds / 3))), syncSeconds: 1 };
}

/**
 * How often Litestream looks after its files, in seconds; the estimate of the month's requests is made from the same
 * numbers. The default housekeeping lists every idle database 12,000 times a day; these intervals make that 12.
 */
export const housekeeping: Housekeeping = {
    levelSeconds: [300, 3600, 21600],
    snapshotSeconds: 86400,
    snapshotKeptSeconds: 604800,
    l0KeptSeconds: 21600,
    l0CheckSeconds: 21600,
};

const tuned = {
    levels: housekeeping.levelSeconds.map((seconds) => ({ interval: duration(seconds) })),
    snapshot: {
        interval: duration(housekeeping.snapshotSeconds),
        retention: duration(housekeeping.snapshotKeptSeconds),
    },
    "l0-retention": duration(housekeeping.l0KeptSeconds),
    "l0-retention-check-interval": duration(housekeeping.l0CheckSeconds),
    "verify-compaction": true,
    "shutdown-timeout": "120s",
};

/** Whole hours or minutes, as Go writes durations. */
function duration(seconds: number): string {
    return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds / 60}m`;
}

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

/** The global database is looked at more often than the slots. */
export function globalMonitorSeconds({ monitorSeconds }: Intervals): number {
    return Math.min(2, monitorSeconds);
}

/** The configuration of the daemon that replicates the global database. */
export function globalLitestreamYml(path: string, location: ReplicaLocation, intervals: Intervals): string {
    return render({
        ...common("global"),
        dbs: [
            {
                path,
                "monitor-interval": `${globalMonitorSeconds(intervals)}s`,
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
