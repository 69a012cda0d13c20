import { type Cadence, requestsPerDay } from "../../components/cost/requests.ts";
import type { Requests } from "../../components/cost/tariffs.ts";
import type { BenchResult } from "./replicate.ts";

/** Requests of one database in an hour, measured and as the estimate of costs has them. */
export interface Comparison {
    readonly kind: "idle slot" | "busy slot" | "global database";
    readonly databases: number;
    readonly measured: Requests;
    readonly model: Requests;
    /** Bytes uploaded in an hour. */
    readonly bytes: number;
}

/**
 * Sets what was counted beside the model, per database and hour. The bucket is new: each listing is one request, where
 * one of an old bucket is several (the model counts them from how long files are kept).
 */
export function compare(result: BenchResult, slots: Cadence, global: Cadence): Comparison[] {
    const hours = result.seconds / 3600;
    const busy = new Set(result.busy.filter((database) => database !== "global"));
    const groups = [
        { kind: "idle slot" as const, members: new Set(result.idle), cadence: slots, busyHours: null },
        { kind: "busy slot" as const, members: busy, cadence: slots, busyHours: 24 },
        { kind: "global database" as const, members: new Set(["global"]), cadence: global, busyHours: 24 },
    ];
    return groups
        .filter(({ members }) => members.size > 0)
        .map(({ kind, members, cadence, busyHours }) => {
            const own = result.requests.filter(({ database }) => members.has(database));
            const perHour = (count: number) => count / members.size / hours;
            const counted = (billed: keyof Requests) => perHour(own.filter(({ class: of }) => of === billed).length);
            const bytes = perHour(own.reduce((total, request) => total + request.bytes, 0));
            const activity = busyHours === null ? ("never" as const) : { busyHours };
            const kept = { ...cadence.housekeeping, l0KeptSeconds: 0, snapshotKeptSeconds: 0 };
            const model = { ...cadence, housekeeping: kept };
            const day = requestsPerDay({ cadence: model, activity, bytes: 1e6, bytesPerBusyHour: 0 });
            return {
                kind,
                databases: members.size,
                measured: { put: counted("put"), list: counted("list"), get: counted("get") },
                model: { put: day.put / 24, list: day.list / 24, get: day.get / 24 },
                bytes,
            };
        });
}
