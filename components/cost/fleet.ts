import type { CostConfig } from "../config/cost.ts";
import type { CostInput } from "./estimate.ts";
import {
    cadencesFor,
    fileBytes,
    filesKept,
    filesMade,
    type Levels,
    listingsOf,
    type ReplicatedDatabase,
    requestsPerRestore,
    sum,
    times,
    uploadsOf,
} from "./requests.ts";
import { DAYS_PER_MONTH, type Requests } from "./tariffs.ts";

/** Databases that are alike. */
export interface Database extends ReplicatedDatabase {
    readonly name: string;
    readonly count: number;
}

const MB = 1e6;

/** The global database, busy all the busy hours; slots that are busy, that change once a day, and that do not. */
export function fleetOf({ cost, rpoSeconds, storedShare = 1 }: CostInput): Database[] {
    const cadences = cadencesFor(rpoSeconds);
    const busy = Math.min(cost.busySlots, cost.slots);
    const changed = Math.max(busy, Math.min(cost.changedSlots ?? cost.slots, cost.slots));
    const written = { busyHours: cost.busyHoursPerDay };
    const bytesPerBusyHour = cost.busyMbPerHour * MB;
    const slot = { cadence: cadences.slots, bytes: cost.slotMb * MB * storedShare, bytesPerBusyHour };
    const global = { cadence: cadences.global, bytes: cost.globalMb * MB * storedShare, bytesPerBusyHour };
    return [
        { name: "the global database", count: 1, activity: written, ...global },
        { name: "busy slots", count: busy, activity: written, ...slot },
        { name: "slots that change", count: changed - busy, activity: { busyHours: 0 }, ...slot },
        { name: "idle slots", count: cost.slots - changed, activity: "never", ...slot },
    ];
}

/** What lies in the buckets, part by part. */
export function storedBy(input: CostInput, fleet: readonly Database[]) {
    const { cost } = input;
    const copy = total(fleet, ({ bytes }) => bytes);
    const changed = fleet.filter(({ activity }) => activity !== "never");
    const changedCopy = total(changed, ({ bytes }) => bytes);
    const kept = total(fleet, (database) => weigh(filesKept(database), fileBytes(database)));
    const history = input.replicaBytes === undefined ? kept - copy : Math.max(0, input.replicaBytes - copy);
    // What is made in a day is deleted on another, once the replica has its length.
    const daily = total(changed, (database) => weigh(filesMade(database), fileBytes(database)));
    const days = input.lifecycle === false ? 365 : input.keepDeletedDays;
    const { daily: dailies, weekly, monthly } = cost.snapshots;
    // Object Lock keeps a snapshot that was pruned until its day.
    const pruned = Math.max(days, (input.lockDays ?? 0) - dailies);
    const snapshots = copy - changedCopy + changedCopy * (dailies + weekly + monthly);
    const measured = input.replicaBytes !== undefined;
    return [
        { item: "Replicas", bytes: copy, from: "one copy of each database" },
        { item: "History", bytes: history, from: measured ? "as measured" : "a week of restore points" },
        { item: "Snapshots", bytes: snapshots, from: `${dailies} daily, ${weekly} weekly, ${monthly} monthly` },
        {
            item: "Deleted, still kept",
            bytes: daily * days + changedCopy * pruned,
            from:
                pruned === days
                    ? `${days} days`
                    : `${days} days; locked snapshots ${pruned} days after they are pruned`,
        },
    ];
}

/** The requests of a month's snapshots: of what changed, a file each and a manifest a day; a listing to prune. */
export function snapshotRequests(fleet: readonly Database[], { snapshots }: CostConfig): Requests {
    const changed = fleet.filter(({ activity }) => activity !== "never");
    const kept = snapshots.daily + snapshots.weekly + snapshots.monthly;
    const objects = total(fleet, () => 1) + total(changed, () => 1) * kept;
    return times(
        { put: 1 + total(changed, ({ bytes }) => uploadsOf(bytes)), list: listingsOf(objects), get: 0 },
        DAYS_PER_MONTH,
    );
}

/** What restoring the whole fleet once reads: the newest snapshot of each database and the files since. */
export function restoreOf(fleet: readonly Database[]): { readonly bytes: number; readonly requests: Requests } {
    const objects = total(fleet, (database) => weigh(filesKept(database), ones));
    return {
        bytes: total(fleet, (database) => {
            const made = filesMade(database);
            const bytes = fileBytes(database);
            return database.bytes + Math.min(1, made.l3) * made.l3 * bytes.l3;
        }),
        requests: sum([
            { put: 0, list: listingsOf(objects), get: 0 },
            ...fleet.map((database) => times(requestsPerRestore(database), database.count)),
        ]),
    };
}

const ones: Levels = { l0: 1, l1: 1, l2: 1, l3: 1, snapshots: 1 };

function weigh(files: Levels, bytes: Levels): number {
    return (
        files.l0 * bytes.l0 +
        files.l1 * bytes.l1 +
        files.l2 * bytes.l2 +
        files.l3 * bytes.l3 +
        files.snapshots * bytes.snapshots
    );
}

function total(fleet: readonly Database[], of: (database: Database) => number): number {
    return fleet.reduce((sum, database) => sum + database.count * of(database), 0);
}
