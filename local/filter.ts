import { execa, execaSync, ExecaError } from "execa";
import { SlotkeeperError } from "../scripts/errors.ts";
import { SYSTEM_PATH } from "./toolchain/system-packages.ts";

/** How starting a command ends that is not there, or not for this user. */
const notStarted = ["ENOENT", "EACCES"];

/** nft is in a folder that root's PATH may lack, and what it says is read here. */
const environment = () => ({ PATH: `${process.env["PATH"] ?? ""}:${SYSTEM_PATH}`, LC_ALL: "C" });

/**
 * The nftables commands that make a run's table, named after its bridge; they leave alone what comes in elsewhere. Of
 * what machines send, two things pass, both to the bridge's address only: what goes to an open port, and TCP that does
 * not open a connection, which is the replies to this host. No connection tracking: one rule with it switches it on
 * for all traffic of the host. Before any address translation of the host's, and also where the host forwards.
 */
export const filterCommands = (bridge: string, address: string): string =>
    [
        `create table inet ${bridge}`,
        `add set inet ${bridge} open { type inet_service; }`,
        `add chain inet ${bridge} machines`,
        `add rule inet ${bridge} machines ip daddr ${address} tcp dport @open accept`,
        `add rule inet ${bridge} machines ip daddr ${address} tcp flags & (syn | ack) != syn accept`,
        `add rule inet ${bridge} machines meta l4proto tcp reject with tcp reset`,
        `add rule inet ${bridge} machines reject`,
        `add chain inet ${bridge} incoming { type filter hook prerouting priority raw; policy accept; }`,
        `add rule inet ${bridge} incoming iifname "${bridge}" jump machines`,
        "",
    ].join("\n");

/** Why there is no packet filter, in the words of nft where it was nft that failed. */
function notFiltered(error: unknown): SlotkeeperError {
    const missing = error instanceof ExecaError && notStarted.includes(error.code ?? "");
    const said = error instanceof ExecaError ? String(error.stderr).trim().split("\n")[0] : String(error);
    return new SlotkeeperError(
        "usage",
        missing
            ? "the command nft is missing, and machines are cut off from this host with it"
            : `this machine does not permit a packet filter, which cuts machines off from it: ${said ?? ""}`,
        missing
            ? "install it: apt-get install nftables"
            : "run as root on a host (not in an unprivileged container) whose kernel has nf_tables",
        { cause: error },
    );
}

/** Runs nftables commands, all of them or none. */
async function nft(commands: string): Promise<void> {
    try {
        await execa("nft", ["-f", "-"], { input: commands, env: environment() });
    } catch (error) {
        throw notFiltered(error);
    }
}

/**
 * From now on whatever comes in on this bridge is refused, but for replies to this host; may be called before there is
 * such a bridge. @throws SlotkeeperError where packet filters are not permitted, or the bridge has one already.
 */
export const makeFilter = (bridge: string, address: string): Promise<void> => nft(filterCommands(bridge, address));

/** Lets what comes in on the bridge reach this TCP port of the bridge's address. */
export const openPort = (bridge: string, port: number): Promise<void> =>
    nft(`add element inet ${bridge} open { ${port} }\n`);

/** Removes the filter of a bridge; one that is not there is as good as removed. */
export const removeFilter = (bridge: string): Promise<void> =>
    nft(`add table inet ${bridge}\ndelete table inet ${bridge}\n`);

/** Whether this host's kernel has a filter for the bridge; it has none where nobody may make one. */
export function filterExists(bridge: string): boolean {
    const { failed, code, stdout, stderr } = execaSync("nft", ["list", "tables"], {
        env: environment(),
        reject: false,
    });
    if (!failed) return stdout.split("\n").includes(`table inet ${bridge}`);
    if (notStarted.includes(code ?? "") || /not permitted|not supported|permission denied/i.test(stderr)) return false;
    throw new Error(`cannot list the packet filters of this host: ${stderr}`);
}
