import type { StorageConfig } from "../config/storage.ts";

/** Days of a month, for what is billed by the day. */
export const DAYS_PER_MONTH = 30.4;

/** Hours of a month, as AWS counts them. */
export const HOURS_PER_MONTH = 730;

/** One price, and where it is from. */
export interface Price {
    readonly usd: number;
    readonly unit: string;
    readonly source: string;
    /** The day it was read there. */
    readonly readOn: string;
}

/** Requests, by what they are billed as; deletions are free at each backend known here. */
export interface Requests {
    readonly put: number;
    readonly list: number;
    readonly get: number;
}

/** What a store charges. */
export interface Tariff {
    readonly name: string;
    /** Per GB (10⁹ bytes) and month. */
    readonly storage: Price;
    readonly freeGb: number;
    /** Per 1,000 requests. */
    readonly requests: Readonly<Record<keyof Requests, Price>>;
    /** So many of each class are free a day. */
    readonly freePerDay: Requests;
    /** What the store's bill calls each class. */
    readonly className: Readonly<Record<keyof Requests, string>>;
    /** Per GB that leaves the store. */
    readonly egress: Price;
    /** Egress is free up to so many times what is stored. */
    readonly freeEgressTimesStored: number;
    /** What the figures leave open, if anything. */
    readonly note?: string;
}

/** Prices as a person states them, in USD: those of a store unknown here, of another region, or of a contract. */
export interface OwnPrices {
    readonly storageGbMonth?: number | undefined;
    readonly putPer1000?: number | undefined;
    readonly listPer1000?: number | undefined;
    readonly getPer1000?: number | undefined;
    readonly egressGb?: number | undefined;
}

const none: Requests = { put: 0, list: 0, get: 0 };
const b2Classes = { put: "class A", list: "class C", get: "class B" };
const s3Classes = { put: "PUT", list: "LIST", get: "GET" };

const from = (source: string, readOn: string) => (usd: number, unit: string) => ({ usd, unit, source, readOn });
const b2Now = from("Backblaze's prices from 2026-05-01, as quoted in forum.rclone.org/t/41857", "2026-09-07");
const b2Then = from("backblaze.com/b2/b2-transactions-price.html as it was until 2026-04-30", "2026-11-24");
const s3 = from("AWS's price list for us-east-1, S3 Standard, as public pages quote it", "2026-11-24");

/** Backblaze B2 since 2026-05-01. Its pay-as-you-go API calls are free; a daily cap of class C calls can still be set. */
export const b2: Tariff = {
    name: "Backblaze B2",
    storage: b2Now(0.00695, "GB-month"),
    freeGb: 10,
    requests: { put: b2Now(0, "1,000"), list: b2Now(0, "1,000"), get: b2Now(0, "1,000") },
    freePerDay: none,
    className: b2Classes,
    egress: b2Now(0.01, "GB"),
    freeEgressTimesStored: 3,
};

/** Backblaze B2 until 2026-04-30: listings were what cost. */
export const b2Until2026April: Tariff = {
    ...b2,
    name: "Backblaze B2 until April 2026",
    storage: b2Then(0.006, "GB-month"),
    requests: { put: b2Then(0, "1,000"), list: b2Then(0.004, "1,000"), get: b2Then(0.0004, "1,000") },
    freePerDay: { put: 0, list: 2500, get: 2500 },
    egress: b2Then(0.01, "GB"),
};

const aws: Tariff = {
    name: "AWS S3",
    storage: s3(0.023, "GB-month"),
    freeGb: 0,
    requests: { put: s3(0.005, "1,000"), list: s3(0.005, "1,000"), get: s3(0.0004, "1,000") },
    freePerDay: none,
    className: s3Classes,
    egress: s3(0.09, "GB"),
    freeEgressTimesStored: 0,
};

const unknown = from("not known here", "never");
const compatible: Tariff = {
    name: "S3-compatible store",
    storage: unknown(0, "GB-month"),
    freeGb: 0,
    requests: { put: unknown(0, "1,000"), list: unknown(0, "1,000"), get: unknown(0, "1,000") },
    freePerDay: none,
    className: s3Classes,
    egress: unknown(0, "GB"),
    freeEgressTimesStored: 0,
};

/** What a backend charges; its own prices replaced where a person states others. */
export function tariffOf(backend: StorageConfig["backend"], region: string | undefined, own: OwnPrices = {}): Tariff {
    const tariff = { b2, aws, "s3-compatible": compatible }[backend];
    const stated = Object.values(own).filter((usd) => usd !== undefined).length;
    const note = noteOn(backend, region, stated);
    if (stated === 0) return note === undefined ? tariff : { ...tariff, note };
    const price = (listed: Price, usd: number | undefined) =>
        usd === undefined ? listed : { ...listed, usd, source: "stated in slotkeeper:cost", readOn: "now" };
    const { requests } = tariff;
    return {
        ...tariff,
        storage: price(tariff.storage, own.storageGbMonth),
        requests: {
            put: price(requests.put, own.putPer1000),
            list: price(requests.list, own.listPer1000),
            get: price(requests.get, own.getPer1000),
        },
        egress: price(tariff.egress, own.egressGb),
        ...(note !== undefined && { note }),
    };
}

/** Every price of {@link OwnPrices}: where all are stated, nothing is left open. */
const ALL_PRICES = 5;

function noteOn(backend: string, region: string | undefined, stated: number): string | undefined {
    if (stated === ALL_PRICES) return undefined;
    if (backend === "aws" && region !== "us-east-1")
        return `prices of us-east-1; those of ${region ?? "other regions"} differ: state them in slotkeeper:cost, prices`;
    if (backend === "s3-compatible")
        return stated === 0
            ? "no prices are known of this store: state them in slotkeeper:cost, prices"
            : "prices of this store that are not stated are taken as 0: slotkeeper:cost, prices";
    return undefined;
}
