import { globalMonitorSeconds, type Housekeeping, housekeeping, intervalsFor } from "../render/litestream-yml.ts";
import type { Requests } from "./tariffs.ts";

/** How Litestream replicates a database: how often its changes are cut into a file, and how often files are looked after. */
export interface Cadence {
    readonly monitorSeconds: number;
    readonly housekeeping: Housekeeping;
}

/** How often a database is written to in a day: without a pause for some hours (0: once), or not at all. */
export type Activity = { readonly busyHours: number } | "never";

/** One database as its replica sees it. */
export interface ReplicatedDatabase {
    readonly cadence: Cadence;
    readonly activity: Activity;
    /** Bytes of a whole copy in the bucket. */
    readonly bytes: number;
    /** Bytes that an hour of writing uploads. */
    readonly bytesPerBusyHour: number;
}

/** Something for each of Litestream's levels: files as they were uploaded, merged thrice, and snapshots. */
export interface Levels {
    readonly l0: number;
    readonly l1: number;
    readonly l2: number;
    readonly l3: number;
    readonly snapshots: number;
}

const HOUR = 3600;
const DAY = 86400;

/** What one LIST request tells at most (S3's ListObjectsV2). */
const KEYS_PER_PAGE = 1000;

/** A longer file is uploaded in parts of this size (aws-sdk-go-v2, DefaultUploadPartSize), between two requests more. */
const PART_BYTES = 5 * 1024 * 1024;

/** A checkpoint cuts a file of its own, besides those of the monitor (`checkpoint-interval`, its default; measured). */
const CHECKPOINT_SECONDS = 60;

/** The cadences of the slots and of the global database at an RPO, as `litestream.yml` has them. */
export function cadencesFor(rpoSeconds: number): { readonly slots: Cadence; readonly global: Cadence } {
    const intervals = intervalsFor(rpoSeconds);
    return {
        slots: { monitorSeconds: intervals.monitorSeconds, housekeeping },
        global: { monitorSeconds: globalMonitorSeconds(intervals), housekeeping },
    };
}

/** Files that a day of writing makes. */
export function filesMade({ cadence, activity }: ReplicatedDatabase): Levels {
    if (activity === "never") return { l0: 0, l1: 0, l2: 0, l3: 0, snapshots: 0 };
    const seconds = activity.busyHours * HOUR;
    const { levelSeconds, snapshotSeconds } = cadence.housekeeping;
    const [l1, l2, l3] = levelSeconds;
    return {
        l0: Math.max(1, seconds / cadence.monitorSeconds + seconds / CHECKPOINT_SECONDS),
        l1: Math.max(1, seconds / l1),
        l2: Math.max(1, seconds / l2),
        l3: Math.max(1, seconds / l3),
        snapshots: DAY / snapshotSeconds,
    };
}

/** Files that lie in the bucket, at most: with the day's last writes. The newest of each level always stays. */
export function filesKept(database: ReplicatedDatabase): Levels {
    const { cadence, activity } = database;
    const { l0KeptSeconds, levelSeconds, snapshotSeconds, snapshotKeptSeconds } = cadence.housekeeping;
    const made = filesMade(database);
    // Uploaded files are deleted at a merge, once they are old enough.
    const seconds = activity === "never" ? 0 : Math.min(activity.busyHours * HOUR, l0KeptSeconds + levelSeconds[0]);
    // Merged files go with the second snapshot before the oldest one that is kept.
    const days = (snapshotKeptSeconds + 2 * snapshotSeconds) / DAY;
    return {
        l0: Math.max(1, seconds / cadence.monitorSeconds + seconds / CHECKPOINT_SECONDS),
        l1: Math.max(1, made.l1 * days),
        l2: Math.max(1, made.l2 * days),
        l3: Math.max(1, made.l3 * days),
        snapshots: Math.max(1, (made.snapshots * (snapshotKeptSeconds + snapshotSeconds)) / DAY),
    };
}

/** Bytes of one file of each level: what was written meanwhile, and never more than the whole database. */
export function fileBytes({ cadence, activity, bytes, bytesPerBusyHour }: ReplicatedDatabase): Levels {
    const written = (seconds: number) => Math.min(bytes, (bytesPerBusyHour * seconds) / HOUR);
    const [l1, l2, l3] = cadence.housekeeping.levelSeconds;
    const merged =
        activity === "never"
            ? // Nothing came after the first files, each of which is a whole copy; they stay.
              { l1: bytes, l2: bytes, l3: bytes }
            : { l1: written(l1), l2: written(l2), l3: written(l3) };
    return { l0: written(cadence.monitorSeconds), ...merged, snapshots: bytes };
}

/**
 * Litestream's requests for one database in a day, as v0.5.18 makes them (store.go, compactor.go, db.go; measured by
 * `npm run bench:requests`): each file is an upload; each merge lists its source and, to verify, its result, and reads
 * the merged files of the level below (the lowest are read from the disk); a merge into level 1 and each check of the
 * lowest level list both; the daily snapshot lists all that is merged. Deletions are left out: they are free.
 */
export function requestsPerDay(database: ReplicatedDatabase): Requests {
    const { snapshotSeconds, l0CheckSeconds } = database.cadence.housekeeping;
    const made = filesMade(database);
    const pages = mapLevels(filesKept(database), (files) => Math.ceil(files / KEYS_PER_PAGE));
    const uploads = mapLevels(fileBytes(database), uploadsOf);
    return {
        put:
            made.l0 * uploads.l0 +
            made.l1 * uploads.l1 +
            made.l2 * uploads.l2 +
            made.l3 * uploads.l3 +
            made.snapshots * uploads.snapshots,
        list:
            made.l1 * (2 * pages.l0 + 2 * pages.l1) +
            made.l2 * (pages.l1 + pages.l2) +
            made.l3 * (pages.l2 + pages.l3) +
            (DAY / l0CheckSeconds) * (pages.l0 + pages.l1) +
            (DAY / snapshotSeconds) * (pages.l1 + pages.l2 + pages.l3 + pages.snapshots),
        get: made.l1 + made.l2,
    };
}

/** Requests for restoring a database at the worst moment, just before a merge: when the chain is longest. */
export function requestsPerRestore({ cadence, activity }: ReplicatedDatabase): Requests {
    const { levelSeconds, snapshotSeconds } = cadence.housekeeping;
    const busySeconds = activity === "never" ? 0 : activity.busyHours * HOUR;
    const steps = [cadence.monitorSeconds, ...levelSeconds, snapshotSeconds];
    const chain = levelSeconds.concat(snapshotSeconds).map((seconds, level) => {
        return Math.max(1, Math.min(busySeconds, seconds) / (steps[level] ?? seconds));
    });
    // The snapshot, the files since, and one reading more of the newest, which tells how old it is.
    return { put: 0, list: LISTS_PER_RESTORE, get: 1 + chain.reduce((sum, files) => sum + files, 0) + 1 };
}

/** `litestream restore -config … -txid …` (measured, v0.5.18). */
const LISTS_PER_RESTORE = 10;

/** Requests for uploading one file of so many bytes. */
export function uploadsOf(bytes: number): number {
    return bytes <= PART_BYTES ? 1 : 2 + Math.ceil(bytes / PART_BYTES);
}

/** Requests for listing so many objects. */
export function listingsOf(objects: number): number {
    return Math.max(1, Math.ceil(objects / KEYS_PER_PAGE));
}

function mapLevels(levels: Levels, change: (value: number) => number): Levels {
    return {
        l0: change(levels.l0),
        l1: change(levels.l1),
        l2: change(levels.l2),
        l3: change(levels.l3),
        snapshots: change(levels.snapshots),
    };
}

/** So many times each class. */
export function times(requests: Requests, count: number): Requests {
    return { put: requests.put * count, list: requests.list * count, get: requests.get * count };
}

/** All of them together, class by class. */
export function sum(requests: readonly Requests[]): Requests {
    return requests.reduce(
        (total, { put, list, get }) => ({ put: total.put + put, list: total.list + list, get: total.get + get }),
        { put: 0, list: 0, get: 0 },
    );
}
