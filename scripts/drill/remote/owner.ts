import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { readProc, runningProcesses, signal, waitUntil } from "../../../local/process.ts";
import { stateDir } from "../../../local/toolchain/pulumi-backend.ts";
import { withProcessLock } from "../../adapters/process-lock.ts";

/** Carried by every process that a drill starts, so that the next one can end those of a killed one. */
const variable = "SLOTKEEPER_DRILL";

/** Milliseconds in which Pulumi, interrupted, ends and writes down what it had made. */
const graceMs = 20_000;

const claimSchema = z.object({ token: z.string() });

/** The claim of one drill to its stack, on this machine. */
export interface Claim {
    /** To be added to the environment of whatever the drill starts. */
    readonly env: Readonly<Record<string, string>>;
    /** What an earlier drill of this machine left its claim for: it did not come to its end, and it runs no more. */
    readonly abandoned: boolean;
    /** Ends the processes of the earlier drill that outlived it. */
    endOrphans: () => Promise<void>;
    /** Writes the claim down: from now on, a drill that finds it without its process knows that it is dead. */
    hold: () => Promise<void>;
    /** Everything is destroyed: nothing is left to claim. */
    release: () => Promise<void>;
}

/**
 * Does `work` as the only drill of a stack on this machine.
 * @param stack what tells it from every other: backend, project and name.
 * @throws SlotkeeperError (locked) while another drill of this machine is at it.
 */
export async function withClaim<T>(stack: string, name: string, work: (claim: Claim) => Promise<T>): Promise<T> {
    const key = createHash("sha256").update(stack).digest("hex").slice(0, 16);
    const path = join(stateDir(), "drills", `${name}-${key}.json`);
    const token = randomBytes(8).toString("hex");
    const locked = process.platform === "linux" ? withProcessLock : unlocked;
    return locked(`the drill of ${name} (${key})`, async () => {
        const earlier = existsSync(path) ? tokenIn(await readFile(path, "utf8")) : null;
        return work({
            env: { [variable]: token },
            // The lock goes with its process; elsewhere than on Linux nothing is known of it.
            abandoned: earlier !== null && process.platform === "linux",
            endOrphans: () => (earlier === null ? Promise.resolve() : endProcesses(earlier)),
            hold: async () => {
                await mkdir(join(stateDir(), "drills"), { recursive: true, mode: 0o700 });
                await writeFile(path, JSON.stringify({ token }), { mode: 0o600 });
            },
            release: () => rm(path, { force: true }),
        });
    });
}

function unlocked<T>(_name: string, work: () => Promise<T>): Promise<T> {
    return work();
}

function tokenIn(text: string): string | null {
    try {
        return claimSchema.parse(JSON.parse(text)).token;
    } catch {
        return null;
    }
}

/** Pulumi first, and gently, for it writes down what it has made; then whatever is left. */
async function endProcesses(token: string): Promise<void> {
    if (process.platform !== "linux") return;
    const all = () => runningProcesses().filter((pid) => isMarked(pid, token));
    for (const pid of all()) if (programOf(pid) === "pulumi") signal(pid, "SIGINT");
    await waitUntil(() => all().length === 0, graceMs, 100);
    await waitUntil(
        () => {
            for (const pid of all()) signal(pid, "SIGKILL");
            return all().length === 0;
        },
        5_000,
        100,
    );
}

const isMarked = (pid: number, token: string) =>
    (readProc(`${pid}/environ`) ?? "").split("\0").includes(`${variable}=${token}`);

function programOf(pid: number): string {
    try {
        return basename(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "");
    } catch {
        return "";
    }
}
