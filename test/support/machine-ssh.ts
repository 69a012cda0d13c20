import { execa } from "execa";
import type { Machine } from "../../local/machine/start.ts";

/** Runs a command on a machine as the private key's owner, accepting its pinned host key only; what it said. */
export async function machineSsh(keyFile: string, machine: Machine, ...command: string[]): Promise<string> {
    const known = `KnownHostsCommand=/bin/echo ${machine.address} ${machine.hostKey}`;
    const options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=yes", "BatchMode=yes", known];
    const flags = ["-F", "none", "-i", keyFile, ...options.flatMap((option) => ["-o", option])];
    const result = await execa("ssh", [...flags, `root@${machine.address}`, "--", ...command], {
        reject: false,
        all: true,
    });
    return result.all.trim();
}
