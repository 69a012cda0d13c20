import { SlotkeeperError } from "../errors.ts";
import type { DrillRecord } from "./record.ts";

type Failure = NonNullable<DrillRecord["failure"]>;

/** Why a drill could not be carried to its end, for the record. */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
    if (signal.aborted)
        return {
            kind: "interrupted",
            message: `interrupted by ${String(signal.reason)}`,
            hint: "Start it again when you like.",
        };
    if (error instanceof SlotkeeperError) return problemOf(error);
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "bug", message, hint: "This is a bug: please report it, with pulumi.log of the report's folder." };
}

/** An expected failure, for the record. */
export function problemOf({ kind, message, hint }: SlotkeeperError): Failure {
    return { kind, message, hint: hint ?? "" };
}
