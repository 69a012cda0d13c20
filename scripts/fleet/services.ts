import { readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { loadedUnits, unitStates } from "../adapters/systemd.ts";

import { hashFile } from "./applied.ts";

/** The release of the program that is in use. */
export const CURRENT = "/opt/slotkeeper/current";

/** Litestream's daemons; the part between @ and . names the socket, too. */
export const DAEMONS = "litestream@*.service";

/** The app's service, which writes to the databases. */
export const APP = "app.service";

/** A service that runs another executable than that of the current release. */
export interface OutdatedService {
    unit: string;
    /** "litestream" or "node". */
    program: string;
}

/** The running services whose executable differs in content from the one of the same name in the current release. */
export async function outdatedServices(current = CURRENT): Promise<OutdatedService[]> {
    const units = [...(await loadedUnits(DAEMONS)), APP];
    const states = await unitStates(units);
    const found = await Promise.all(
        units.map(async (unit) => {
            const pid = states.get(unit)?.mainPid ?? 0;
            const program = pid === 0 ? null : await outdatedProgram(pid, current);
            return program === null ? null : { unit, program };
        }),
    );
    return found.filter((service) => service !== null);
}

/** The name of a process's executable when it is one of ours and not the current one. */
async function outdatedProgram(pid: number, current: string): Promise<string | null> {
    const running = `/proc/${pid}/exe`;
    // The kernel marks what is no longer in its folder; it can still be read.
    const path = (await readlink(running).catch(() => "")).replace(/ \(deleted\)$/, "");
    if (!path.startsWith("/opt/slotkeeper/releases/")) return null;
    const program = basename(path);
    const wanted = join(current, "bin", program);
    const [now, then] = await Promise.all([stat(wanted).catch(() => null), stat(running).catch(() => null)]);
    // A file that is missing is the release's own drift.
    if (now === null || then === null || (now.dev === then.dev && now.ino === then.ino)) return null;
    if (now.size === then.size && (await hashFile(wanted)) === (await hashFile(running))) return null;
    return program;
}
