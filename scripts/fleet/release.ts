import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { journalTail, loadedUnits, systemctl, unitState, unitStates } from "../adapters/systemd.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

import { type AppliedAs, type AppliedRecord, newRecord, observeFile, writeRecord } from "./applied.ts";
import { bringUpToDate, replicatedBy, startDaemons, withWritersHeld } from "./daemons.ts";
import { APP, CURRENT, DAEMONS, outdatedServices } from "./services.ts";

/** Milliseconds that the app must stay up after its start. */
const WATCHED = 3000;

/** How a release is settled. */
export interface Settling {
    /**
     * True on the way back to the release before: what cannot be uploaded first holds nothing up, and the app is started
     * whatever happens. False: where it fails, the app stays held for the way back.
     */
    back: boolean;
    progress: Progress;
}

/**
 * Makes the services run what is in the current release. Those whose executable is the same are left alone. Litestream
 * is started anew only while nothing writes and everything is in the bucket, and must then replicate what it did before.
 * @throws SlotkeeperError "checkFailed" or "remote" when a service does not come up, or the bucket cannot be reached.
 */
export async function settleRelease({ back, progress }: Settling): Promise<void> {
    const outdated = new Set((await outdatedServices()).map(({ unit }) => unit));
    const daemons = await loadedUnits(DAEMONS);
    const states = await unitStates(daemons);
    const stale = daemons.filter((unit) => {
        const state = states.get(unit);
        if (outdated.has(unit)) return true;
        // One that somebody stopped is no matter of the release; one that keeps ending may be.
        return state?.enabled === "enabled" && state.active !== "active" && (back || state.active !== "inactive");
    });
    try {
        if (stale.length > 0) {
            await withWritersHeld([APP], back, progress, async () => {
                const before = await replicatedBy(stale);
                await bringUpToDate(before).catch((error: unknown) => {
                    if (!back) throw error;
                    progress(String(error));
                });
                await startDaemons("restart", stale, before, progress);
            });
        }
        if ((await outdatedServices()).some(({ unit }) => unit === APP)) {
            await systemctl("restart", APP);
            progress(`restarted ${APP}: its Node is another one`);
        }
    } finally {
        // Also what an earlier attempt, cut off in the middle, had held.
        const { enabled, active } = await unitState(APP);
        if (back && enabled === "enabled" && active !== "active") await systemctl("start", APP);
    }
    await requireApp();
}

/** The app, where it is one that starts by itself, is up and stays up. */
async function requireApp(): Promise<void> {
    const before = await unitState(APP);
    if (before.enabled !== "enabled") return;
    if (before.active !== "active") await systemctl("start", APP);
    const { restarts } = await unitState(APP);
    for (const deadline = Date.now() + WATCHED; Date.now() < deadline;) {
        const now = await unitState(APP);
        if (now.active !== "active" || now.restarts > restarts)
            throw new SlotkeeperError(
                "checkFailed",
                `${APP} does not stay up with this release`,
                `the end of its journal:\n${await journalTail(APP)}`,
            );
        // Long since up, and untouched.
        if (now.invocation === before.invocation && Date.now() - now.startedAt > WATCHED) return;
        await wait(200);
    }
}

/** What a release on this server is: its folder, and the links that lead to it. */
export interface ReleaseFolder {
    folder: string;
    links: AppliedRecord["links"];
    /** The release's name where the services run its executables; null for the app's. */
    release: string | null;
}

/** Keeps what a release consists of, to be compared with later. */
export async function recordRelease(as: AppliedAs, { folder, links, release }: ReleaseFolder): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const files = [];
    for (const path of paths.sort()) files.push(await observeFile(path));
    await writeRecord(as, { ...newRecord(as.generation), files, links, release });
}

/** The folder and links of a release of this program. */
export function programRelease(release: string): ReleaseFolder {
    return {
        folder: `/opt/slotkeeper/releases/${release}`,
        links: [
            { path: CURRENT, target: `releases/${release}` },
            { path: "/usr/local/bin/slotkeeper", target: `${CURRENT}/bin/slotkeeper` },
        ],
        release,
    };
}
