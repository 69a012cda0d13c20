import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** A process that no other can be taken for: pids are reused, but not with the same start in the same boot. */
export const processIdentitySchema = z.strictObject({
    pid: z.int().positive(),
    /** Clock ticks from boot to the start: field 22 of /proc/<pid>/stat (proc(5)). */
    startTime: z.string(),
    bootId: z.string(),
    pidNamespace: z.string(),
});

/** A process that no other can be taken for. */
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The fields of /proc/<pid>/stat that follow the command name, which may itself contain spaces and brackets. */
export function parseStat(stat: string): { state: string; startTime: string } | undefined {
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startTime = rest[18];
    return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

/** A file of /proc, or undefined when its process has ended meanwhile. */
export function readProc(path: string): string | undefined {
    try {
        return readFileSync(`/proc/${path}`, "utf8");
    } catch (error) {
        if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? ""))
            return undefined;
        throw error;
    }
}

/** Another value after each start of this host. */
export const bootId = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const pidNamespace = () => readlinkSync("/proc/self/ns/pid");

/** The identity of a running process, or undefined when there is none of that pid (a zombie counts as ended). */
export function identify(pid: number): ProcessIdentity | undefined {
    const stat = parseStat(readProc(`${pid}/stat`) ?? "");
    if (stat === undefined || stat.state === "Z" || stat.state === "X") return undefined;
    return { pid, startTime: stat.startTime, bootId: bootId(), pidNamespace: pidNamespace() };
}

/** Whether exactly this process still runs; "elsewhere" when it belongs to another pid namespace of this boot. */
export function liveness(identity: ProcessIdentity): "alive" | "ended" | "elsewhere" {
    if (identity.bootId !== bootId()) return "ended";
    if (identity.pidNamespace !== pidNamespace()) return "elsewhere";
    return identify(identity.pid)?.startTime === identity.startTime ? "alive" : "ended";
}

/** Every running process this one can see; zombies are not running. */
export function runningProcesses(): number[] {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .map(Number)
        .filter((pid) => identify(pid) !== undefined);
}

/** Sends a signal, and takes no offence at a process that has ended already. */
export function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

/** Waits until `condition` holds; false when it still does not after `timeoutMs`. */
export async function waitUntil(condition: () => boolean, timeoutMs: number, stepMs = 20): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
        if (performance.now() > deadline) return false;
        await sleep(stepMs);
    }
    return true;
}

/** Ends a process, if it still runs: SIGTERM, and SIGKILL when that does nothing for 5 s. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
    const ended = () => liveness(identity) !== "alive";
    if (!ended()) signal(identity.pid, "SIGTERM");
    if (await waitUntil(ended, 5_000)) return;
    signal(identity.pid, "SIGKILL");
    await waitUntil(ended, 5_000);
}
