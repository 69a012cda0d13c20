import { setTimeout as wait } from "node:timers/promises";

import pMap from "p-map";

import { askDaemon, syncDatabase } from "../adapters/litestream-socket.ts";
import { journalTail, systemctl, unitState, unitStates } from "../adapters/systemd.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

/** Seconds that a daemon has to be up and to answer. */
const PATIENCE = 60;

/** Databases that are brought up to date at once. */
const CONCURRENCY = 8;

/** What a daemon's unit replicates: paths of databases, by unit. */
export type Replicating = ReadonlyMap<string, readonly string[]>;

/** The socket of a daemon's unit: `litestream@1.service` → `/run/litestream/1.sock`. */
function socketOf(unit: string): string {
    return `/run/litestream/${unit.replace(/^litestream@/, "").replace(/\.service$/, "")}.sock`;
}

/** What the daemons that answer replicate; one that does not is not in it. */
export async function replicatedBy(units: readonly string[]): Promise<Replicating> {
    const lists = await Promise.all(
        units.map(async (unit) => {
            const databases = await askDaemon(socketOf(unit)).catch(() => null);
            return [unit, databases?.map(({ path }) => path) ?? null] as const;
        }),
    );
    return new Map(lists.flatMap(([unit, paths]) => (paths === null ? [] : [[unit, paths] as const])));
}

/**
 * Has the daemons bring everything that was committed into the bucket.
 * @throws SlotkeeperError "remote" naming the database for which that cannot be done.
 */
export async function bringUpToDate(replicating: Replicating): Promise<void> {
    const databases = [...replicating].flatMap(([unit, paths]) => paths.map((path) => [socketOf(unit), path] as const));
    await pMap(databases, ([socket, path]) => syncDatabase(socket, path), { concurrency: CONCURRENCY });
}

/**
 * Stops those of the units that run, which write to the databases, while `work` is done: a Litestream daemon that starts
 * under writes may have a replica that restores without an error and is wrong (docs/replication.md).
 * @param always whether they are started again also when the work failed.
 */
export async function withWritersHeld<T>(
    writers: readonly string[],
    always: boolean,
    progress: Progress,
    work: () => Promise<T>,
): Promise<T> {
    const states = await unitStates(writers);
    const running = writers.filter((unit) => ["active", "activating"].includes(states.get(unit)?.active ?? ""));
    if (running.length > 0) {
        progress(`holding ${running.join(", ")} while Litestream starts`);
        await systemctl("stop", ...running);
    }
    let failed = true;
    try {
        const result = await work();
        failed = false;
        return result;
    } finally {
        if (running.length > 0 && (always || !failed)) await systemctl("start", ...running);
    }
}

/**
 * Starts daemons, or starts them anew, and waits until each runs, answers, replicates at least what it must, and has
 * brought that up to date in the bucket. Nothing may write meanwhile.
 * @throws SlotkeeperError "checkFailed" with the end of the journal of the one that does not.
 */
export async function startDaemons(
    verb: "start" | "restart",
    units: readonly string[],
    must: Replicating,
    progress: Progress,
): Promise<void> {
    await systemctl("reset-failed", ...units).catch(() => undefined); // fails for units that were never loaded
    // Its own words on a failure say less than the journal.
    await systemctl(verb, "--no-block", ...units);
    await Promise.all(units.map((unit) => untilReplicating(unit, must.get(unit) ?? [])));
    await bringUpToDate(await replicatedBy(units));
    progress(`${verb}ed ${units.join(", ")}: up, and up to date in the bucket`);
}

async function untilReplicating(unit: string, must: readonly string[]): Promise<void> {
    const deadline = Date.now() + PATIENCE * 1000;
    let missing: string | undefined;
    for (;;) {
        const { active, restarts, result } = await unitState(unit);
        const listed = active === "active" ? (await replicatedBy([unit])).get(unit) : undefined;
        missing = listed === undefined ? undefined : must.find((path) => !listed.includes(path));
        if (listed !== undefined && missing === undefined) return;
        if (active === "failed" || restarts >= 2) await notUp(unit, `keeps ending (${result})`);
        if (Date.now() > deadline) break;
        await wait(200);
    }
    await notUp(unit, missing === undefined ? `does not answer in ${PATIENCE} s` : `does not replicate ${missing}`);
}

async function notUp(unit: string, why: string): Promise<never> {
    const hint = `the end of its journal:\n${await journalTail(unit)}`;
    throw new SlotkeeperError("checkFailed", `${unit} was started, but ${why}`, hint);
}
