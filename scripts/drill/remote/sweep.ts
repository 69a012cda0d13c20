import { SlotkeeperError } from "../../errors.ts";

/** What is known of a stack before a drill of it begins. */
export interface Found {
    readonly stack: string;
    readonly empty: boolean;
    /** Epoch ms; null where the stack does not say. */
    readonly expiresAt: number | null;
    /** The drill that made it: known dead, or nothing is known of it on this machine. */
    readonly owner: "dead" | "unknown";
}

/** Why a leftover is swept, in words; null when there is none. */
export type SweepReason = string | null;

/**
 * Decides what becomes of what is there already. Swept: what has expired, what a drill of this machine that is dead has
 * left, and anything when asked to.
 * @throws SlotkeeperError (locked) for what may be the drill of somebody who is at it now.
 */
export function planSweep(found: Found, now: number, forced: boolean): SweepReason {
    const { stack, empty, expiresAt, owner } = found;
    if (empty) return null;
    const until = expiresAt === null ? null : new Date(expiresAt).toISOString();
    if (expiresAt !== null && expiresAt <= now) return `it has expired (${until ?? ""})`;
    if (owner === "dead") return "the drill that made it was killed";
    if (forced) return "asked for with --sweep";
    throw new SlotkeeperError(
        "locked",
        `the stack ${stack} is up: somebody else's drill goes on, or was killed elsewhere; ` +
            (until === null ? "it does not say when it ends" : `it ends at ${until}`),
        "Wait until then; or, when nobody drills it any more, destroy it first: add --sweep.",
    );
}
