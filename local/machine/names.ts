import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";

/** What of a run the machines need to know; everything they make on this host is named after it. */
export interface RunRef {
    id: string;
    dir: string;
}

/** A run id: when it started (UTC) and the token that names what the run makes: `20260131T235959-k3f9x2`. */
export const runIdPattern = /^\d{8}T\d{6}-([a-z0-9]{6})$/;

/** The part of a run id that is in the name of its bridge, its veths and its control groups. */
export function runToken(runId: string): string {
    const token = runIdPattern.exec(runId)?.[1];
    if (token === undefined) {
        throw new SlotkeeperError(
            "usage",
            `${JSON.stringify(runId)} is no run id`,
            "name a folder below runs/ of the cache",
        );
    }
    return token;
}

/** The run whose folder this is; refuses a folder that no run could have. */
export function runRef(dir: string): RunRef {
    // Mounts are known by their real paths.
    const real = existsSync(dir) ? realpathSync(dir) : resolve(dir);
    const id = basename(real);
    runToken(id);
    return { id, dir: real };
}

/** The bridge of a run; Linux allows 15 characters. */
export const bridgeName = (runId: string) => `sk-${runToken(runId)}`;
/** How the host's ends of the veths of a run's machines begin. */
export const vethPrefix = (runId: string) => `vb-${runToken(runId)}-`;
/** How the control groups of a run's machines begin. */
export const cgroupPrefix = (runId: string) => `slotkeeper-${runToken(runId)}-`;
/** How systemd-nspawn's names of a run's machines begin. */
export const nspawnPrefix = (runId: string) => `${runToken(runId)}-`;

/** Where a machine is on this host. */
export interface MachineNames {
    /** The name systemd-nspawn knows: 12 characters, so that its veth `vb-…` is not shortened. */
    nspawn: string;
    veth: string;
    cgroup: string;
    dir: string;
    root: string;
    console: string;
}

/** Whether a name is safe in a path, a network link and a host name. */
export const isMachineName = (name: string) => /^[a-z][a-z0-9-]{0,39}$/.test(name);

/** Where the machine of that name of that run is; refuses a name that is not safe. */
export function machineNames(run: RunRef, name: string): MachineNames {
    if (!isMachineName(name)) {
        throw new SlotkeeperError(
            "usage",
            `${JSON.stringify(name)} cannot be the name of a machine`,
            "use at most 40 lower-case letters, digits and hyphens, a letter first",
        );
    }
    const short = createHash("sha256").update(name).digest("hex").slice(0, 5);
    const dir = join(run.dir, "machines", name);
    return {
        nspawn: `${nspawnPrefix(run.id)}${short}`,
        veth: `${vethPrefix(run.id)}${short}`,
        cgroup: `${cgroupPrefix(run.id)}${name}`,
        dir,
        root: join(dir, "root"),
        console: join(dir, "console.log"),
    };
}
