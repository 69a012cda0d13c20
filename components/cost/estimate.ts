import type { CostConfig } from "../config/cost.ts";
import type { StorageConfig } from "../config/storage.ts";
import { drillUsd, instanceHour, type PricedServer, serverHourUsd } from "./compute.ts";
import { type Database, fleetOf, restoreOf, snapshotRequests, storedBy } from "./fleet.ts";
import { requestsPerDay, sum, times } from "./requests.ts";
import { DAYS_PER_MONTH, HOURS_PER_MONTH, type Requests, type Tariff, tariffOf } from "./tariffs.ts";

/** What the estimate needs to know of a stack. */
export interface CostInput {
    readonly backend: StorageConfig["backend"];
    readonly region?: string | undefined;
    /** Another than the backend's present one. */
    readonly tariff?: Tariff | undefined;
    readonly rpoSeconds: number;
    readonly keepDeletedDays: number;
    /** Days for which Object Lock keeps a snapshot. */
    readonly lockDays?: number | undefined;
    /** Whether the store removes what was deleted; where it does not, a year of it is counted. */
    readonly lifecycle?: boolean | undefined;
    readonly cost: CostConfig;
    /** The app's own server: shown beside the estimate, never part of it. */
    readonly server?: PricedServer | undefined;
    /** Bytes in the bucket for each byte of the databases; 1 unless it was measured: Litestream compresses. */
    readonly storedShare?: number | undefined;
    /** What the replica bucket really holds, where that is known: then it is not estimated. */
    readonly replicaBytes?: number | undefined;
}

/** One line of the bill. */
export interface CostLine {
    readonly item: string;
    readonly monthlyUsd: number;
    /** What it comes from, for people. */
    readonly from: string;
}

/** What the backups cost a month, and why. */
export interface Estimate {
    readonly tariff: Tariff;
    readonly monthlyUsd: number;
    readonly budgetUsd: number;
    readonly lines: readonly CostLine[];
    /** What is not the backups' cost and yet on the bill. */
    readonly outside: readonly CostLine[];
    /** What the figures leave open. */
    readonly notes: readonly string[];
    readonly storedGb: number;
    readonly requests: Requests;
}

const GB = 1e9;

/** The estimate of a month in which nothing unusual happens; it rounds nothing and tends to the upper side. */
export function estimate(input: CostInput): Estimate {
    const { cost } = input;
    const tariff = input.tariff ?? tariffOf(input.backend, input.region, cost.prices);
    const fleet = fleetOf(input);
    const stored = storageLines(input, fleet, tariff);
    const { lines: requestLines, requests } = requestsLines(fleet, cost, tariff);
    const lines = [...stored.lines, ...requestLines, egressLine(input, fleet, tariff, stored.gb), ...drillLines(cost)];
    return {
        tariff,
        monthlyUsd: lines.reduce((total, line) => total + line.monthlyUsd, 0),
        budgetUsd: cost.budgetUsd,
        lines,
        outside: outside(input.server),
        notes: notesOf(input, tariff),
        storedGb: stored.gb,
        requests,
    };
}

function storageLines(input: CostInput, fleet: readonly Database[], tariff: Tariff) {
    const parts = storedBy(input, fleet).map(({ bytes, ...part }) => ({ ...part, gb: bytes / GB }));
    let free = tariff.freeGb;
    const lines = parts.map(({ item, gb, from }): CostLine => {
        const freeHere = Math.min(free, gb);
        free -= freeHere;
        const less = freeHere === 0 ? "" : `; ${freeHere === gb ? "" : `${amount(freeHere)} GB of it `}free`;
        const monthlyUsd = (gb - freeHere) * tariff.storage.usd;
        return { item, monthlyUsd, from: `${amount(gb)} GB: ${from}${less}` };
    });
    return { lines, gb: parts.reduce((total, { gb }) => total + gb, 0) };
}

function requestsLines(fleet: readonly Database[], cost: CostConfig, tariff: Tariff) {
    const replication = sum(fleet.map((database) => times(requestsPerDay(database), database.count * DAYS_PER_MONTH)));
    const snapshots = snapshotRequests(fleet, cost);
    const drill = restoreOf(fleet).requests;
    const requests = sum([replication, snapshots, drill]);
    const words = { put: "Uploads", list: "Listings", get: "Reads" } as const;
    const lines = (["put", "list", "get"] as const).map((kind): CostLine => {
        const billed = Math.max(0, requests[kind] - tariff.freePerDay[kind] * DAYS_PER_MONTH);
        const price = tariff.requests[kind].usd;
        const monthlyUsd = (billed / 1000) * price;
        const most = fleet
            .map((database) => ({
                name: database.name,
                share: (requestsPerDay(database)[kind] * database.count * DAYS_PER_MONTH) / Math.max(1, requests[kind]),
            }))
            .reduce((a, b) => (b.share > a.share ? b : a));
        const rate = price === 0 ? "free" : `$${price} per 1,000`;
        const from = `${count(requests[kind])}, ${Math.round(most.share * 100)} % by ${most.name}; ${rate}`;
        return { item: `${words[kind]} (${tariff.className[kind]})`, monthlyUsd, from };
    });
    return { lines, requests };
}

function egressLine(input: CostInput, fleet: readonly Database[], tariff: Tariff, storedGb: number): CostLine {
    const { drillServer } = input.cost;
    const gb = restoreOf(fleet).bytes / GB;
    const item = "Monthly drill: egress";
    // S3 charges nothing for what EC2 reads in its own region.
    const sameRegion =
        input.backend === "aws" &&
        drillServer !== false &&
        (drillServer.region === undefined || drillServer.region === input.region);
    if (sameRegion) return { item, monthlyUsd: 0, from: `${amount(gb)} GB to EC2 in the bucket's region; free` };
    const billed = Math.max(0, gb - tariff.freeEgressTimesStored * storedGb);
    const less = tariff.freeEgressTimesStored > 0 ? `; free up to ${tariff.freeEgressTimesStored}× what is stored` : "";
    return {
        item,
        monthlyUsd: billed * tariff.egress.usd,
        from: `${amount(gb)} GB: all databases and a day of changes${less}`,
    };
}

function drillLines({ drillServer }: CostConfig): CostLine[] {
    if (drillServer === false) return [];
    const { instanceType, volumeGb, minutes } = drillServer;
    const guessed = instanceHour(instanceType).known ? "" : " (price guessed from its size)";
    return [
        {
            item: "Monthly drill: server",
            monthlyUsd: drillUsd({ kind: "ec2", instanceType, volumeGb }, minutes),
            from: `${amount(minutes)} min of ${instanceType}${guessed}, ${volumeGb} GB disk, address`,
        },
    ];
}

function outside(server: PricedServer | undefined): CostLine[] {
    if (server?.kind !== "ec2") return [];
    const guessed = instanceHour(server.instanceType).known ? "" : " (price guessed from its size)";
    return [
        {
            item: "The app's server",
            monthlyUsd: serverHourUsd(server) * HOURS_PER_MONTH,
            from: `${server.instanceType}${guessed}, ${server.volumeGb} GB disk, address; not a cost of the backups`,
        },
    ];
}

function notesOf({ lifecycle }: CostInput, { note }: Tariff): string[] {
    const grows = "this store removes nothing that was deleted: a year of it is counted, and it goes on growing";
    return [...(note === undefined ? [] : [note]), ...(lifecycle === false ? [grows] : [])];
}

/** A number with three digits that matter, for people. */
function amount(value: number): string {
    return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2)));
}

function count(value: number): string {
    if (value >= 1e6) return `${amount(value / 1e6)} million`;
    return value >= 1000 ? `${amount(value / 1000)} thousand` : amount(Math.ceil(value));
}
