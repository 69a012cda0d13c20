import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { filterExists } from "./filter.ts";
import { linkExists, linksNamed } from "./links.ts";
import { cgroupMembers, cgroupsNamed } from "./machine/cgroups.ts";
import { bridgeName, cgroupPrefix, nspawnPrefix, vethPrefix, type RunRef } from "./machine/names.ts";
import { mountsUnder } from "./mounts.ts";
import { readProc, runningProcesses } from "./process.ts";
import { runVariable } from "./run-environment.ts";

/** What a run has on this host, looked up in the kernel and not in anything a run wrote down. */
export interface Traces {
    processes: { pid: number; command: string }[];
    mounts: string[];
    links: string[];
    /** Of the run's bridge, also when there is no such bridge (any more). */
    filters: string[];
    cgroups: string[];
    nspawn: string[];
    folder: boolean;
}

/** Whether a process was started with the run's variable in its environment. */
const isMarked = (pid: number, runId: string) =>
    (readProc(`${pid}/environ`) ?? "").split("\0").includes(`${runVariable}=${runId}`);

/** The name of the program, never its arguments: they may be long, and are nobody's business. */
const commandOf = (pid: number) => basename((readProc(`${pid}/cmdline`) ?? "").split("\0")[0] ?? "") || "a process";

/** What is in a folder of systemd-nspawn; only root may look, and only root can have put something there. */
function nspawnFolders(): string[] {
    try {
        return readdirSync("/run/systemd/nspawn/propagate");
    } catch (error) {
        if (["ENOENT", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
        throw error;
    }
}

/** Everything of a run that is on this host now: but for the process that asks, and the run's reaper. */
export function findTraces(run: RunRef): Traces {
    const cgroups = cgroupsNamed(cgroupPrefix(run.id));
    const inGroups = new Set(cgroups.flatMap(cgroupMembers));
    const pids = runningProcesses().filter(
        (pid) => pid !== process.pid && (inGroups.has(pid) || isMarked(pid, run.id)),
    );
    const bridge = bridgeName(run.id);
    return {
        processes: pids.map((pid) => ({ pid, command: commandOf(pid) })),
        mounts: mountsUnder(run.dir),
        links: [...linksNamed(vethPrefix(run.id)), ...(linkExists(bridge) ? [bridge] : [])],
        filters: filterExists(bridge) ? [bridge] : [],
        cgroups,
        nspawn: nspawnFolders().filter((name) => name.startsWith(nspawnPrefix(run.id))),
        folder: existsSync(run.dir),
    };
}

/** One line for each thing, for a person: `process 4711 (versitygw)`. */
export function describeTraces(run: RunRef, traces: Traces): string[] {
    return [
        ...traces.processes.map(({ pid, command }) => `process ${pid} (${command})`),
        ...traces.mounts.map((path) => `mount ${path}`),
        ...traces.links.map((name) => `network link ${name}`),
        ...traces.filters.map((name) => `packet filter ${name}`),
        ...traces.cgroups.map((path) => `control group ${path}`),
        ...traces.nspawn.map((name) => `container folder of ${name}`),
        ...(traces.folder ? [`folder ${run.dir}`] : []),
    ];
}
