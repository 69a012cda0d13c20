import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, openSync, closeSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { isolateLink } from "../network.ts";
import { runEnvironment } from "../run-environment.ts";
import { waitForSshd } from "./answers.ts";
import { cgroupHierarchies, cgroupMembers, forbidSwap, makeCgroups } from "./cgroups.ts";
import { mountDisk, type Storage } from "./disk.ts";
import { requireIdentity, writeIdentity, type Identity } from "./identity.ts";
import { killMachine } from "./kill.ts";
import { bridgeName, machineNames, type MachineNames, type RunRef } from "./names.ts";

/** A machine to start; it is the run's, and goes with it. */
export interface MachineArgs extends Identity {
    run: RunRef;
    /** A folder made by ensureBaseImage; it is never written to. */
    image: string;
    storage: Storage;
    /** How long it may take to answer SSH; 60 s. */
    timeoutMs?: number;
}

/** How to log in to a machine. */
export interface Machine {
    name: string;
    address: string;
    port: 22;
    user: "root";
    /** "ssh-ed25519 AAAA…": the only host key to accept. */
    hostKey: string;
}

/** Joins the control groups whose files come before `--`, then becomes the program after it. */
const joinThenExec = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"';

/** Boots the machine in a session of its own: it outlives Ctrl-C, the process that started it and that one's tree. */
function boot(args: MachineArgs, names: MachineNames): ChildProcess {
    const { run, name } = args;
    // prettier-ignore
    const nspawn = [
        "systemd-nspawn", "--quiet", "--boot", "--settings=no", "--register=no", "--keep-unit",
        `--directory=${names.root}`, `--machine=${names.nspawn}`, `--hostname=${name}`,
        `--network-bridge=${bridgeName(run.id)}`,
        "--console=pipe", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
    ];
    const groups = makeCgroups(names.cgroup);
    if (args.storage === "memory") forbidSwap(names.cgroup);
    const log = openSync(names.console, "a", 0o600);
    try {
        return spawn("sh", ["-c", joinThenExec, "sh", ...groups, "--", ...nspawn], {
            detached: true,
            cwd: "/",
            stdio: ["ignore", log, log],
            env: { PATH: process.env["PATH"], ...runEnvironment(run.id) },
        });
    } finally {
        closeSync(log);
    }
}

/** Makes the machine's folder; clears away what a killed start of the same name left. */
async function claim(run: RunRef, name: string, names: MachineNames): Promise<void> {
    if (!existsSync(join(run.dir, "run.json"))) {
        throw new SlotkeeperError("notFound", `the run ${run.id} is over`, "start machines of an open run only");
    }
    if (cgroupHierarchies().some((hierarchy) => cgroupMembers(join(hierarchy, names.cgroup)).length > 0)) {
        throw new SlotkeeperError(
            "locked",
            `the machine ${name} runs already`,
            "destroy it before you create it again",
        );
    }
    await killMachine(run, name);
    await mkdir(dirname(names.dir), { recursive: true, mode: 0o700 });
    await mkdir(names.dir, { mode: 0o700 });
}

/** The last lines a machine wrote to its console. */
async function consoleTail(names: MachineNames): Promise<string> {
    const text = await readFile(names.console, "utf8").catch(() => "");
    return text.trim().split("\n").slice(-15).join("\n");
}

async function bring(args: MachineArgs, names: MachineNames): Promise<Machine> {
    const { name, address } = args;
    await mountDisk(names, args.image, args.storage);
    const hostKey = await writeIdentity(names.root, args);
    const nspawn = boot(args, names);
    let ended: string | undefined;
    nspawn.on("error", (error) => (ended = error.message));
    nspawn.on("exit", (code, signal) => (ended = `systemd-nspawn ended with ${signal ?? code ?? "no"} status`));
    nspawn.unref();
    await isolateLink(names.veth, () => ended);
    await waitForSshd(address, hostKey, args.timeoutMs ?? 60_000, () => ended);
    return { name, address, port: 22, user: "root", hostKey };
}

/**
 * Boots a machine and returns once its sshd answers with a host key that was made for it. A start that fails leaves
 * nothing behind. @throws SlotkeeperError "remote" with the end of the console when it does not come up.
 */
export async function startMachine(args: MachineArgs): Promise<Machine> {
    requireIdentity(args);
    const names = machineNames(args.run, args.name);
    await claim(args.run, args.name, names);
    try {
        return await bring(args, names);
    } catch (error) {
        const tail = await consoleTail(names);
        await killMachine(args.run, args.name);
        if (error instanceof SlotkeeperError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        const hint =
            tail === "" ? "its console is empty; is systemd-nspawn permitted here?" : `its console ends:\n${tail}`;
        throw new SlotkeeperError("remote", `the machine ${args.name} did not start: ${reason}`, hint, {
            cause: error,
        });
    }
}
