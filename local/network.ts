import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { execa, ExecaError } from "execa";
import { z } from "zod";
import { SlotkeeperError } from "../scripts/errors.ts";
import type { Progress } from "../scripts/progress.ts";
import { withLock } from "./cache.ts";
import { filterExists, makeFilter, openPort, removeFilter } from "./filter.ts";
import { deleteLink, linkExists } from "./links.ts";
import { bridgeName, type RunRef } from "./machine/names.ts";
import { waitUntil } from "./process.ts";
import { formatAddress, freeSubnet, parseCidr, prefixLength, type Cidr } from "./subnet.ts";

/** The network of a run: a bridge on this host, where the object store listens and the machines are. */
export interface Network {
    bridge: string;
    /** The host's own address on it: x.y.z.1. */
    address: string;
    cidr: string;
    /** The n-th address (2 to 254), for a machine. */
    host: (n: number) => string;
    /** Lets machines reach this TCP port of `address`, which is closed to them otherwise, as is all of this host. */
    allow: (port: number) => Promise<void>;
}

const addressesSchema = z.array(
    z.object({ addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() })).default([]) }),
);
const routesSchema = z.array(z.object({ dst: z.string() }));

/** Every IPv4 network that an address or a route of this host already speaks for. */
async function takenNetworks(): Promise<Cidr[]> {
    const json = async (...args: string[]): Promise<unknown> => {
        const { stdout } = await execa("ip", ["-json", "-4", ...args]);
        return stdout.trim() === "" ? [] : JSON.parse(stdout);
    };
    const addresses = addressesSchema.parse(await json("address", "show"));
    const routes = routesSchema.parse(await json("route", "show", "table", "all"));
    const texts = addresses.flatMap(({ addr_info }) =>
        addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    );
    return [...texts, ...routes.map(({ dst }) => dst)].map(parseCidr).filter((cidr) => cidr !== undefined);
}

/** A fixed hardware address: a bridge otherwise takes over a port's, and its neighbours lose sight of it. */
const hardwareAddress = () =>
    `02:${Array.from({ length: 5 }, () => randomInt(256).toString(16).padStart(2, "0")).join(":")}`;

/** Makes the bridge; nothing is forwarded from it, whatever this host does for its other networks. */
async function makeBridge(bridge: string, address: string): Promise<void> {
    await execa("ip", ["link", "add", bridge, "address", hardwareAddress(), "type", "bridge", "stp_state", "0"]);
    await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, "0");
    const ipv6 = `/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`;
    if (existsSync(ipv6)) await writeFile(ipv6, "1");
    await execa("ip", ["address", "add", `${address}/${prefixLength}`, "dev", bridge]);
    await execa("ip", ["link", "set", "dev", bridge, "up"]);
}

/** Why a bridge could not be made, in the words of `ip` where it was `ip` that failed. */
function notPermitted(error: unknown): SlotkeeperError {
    const reason = error instanceof ExecaError ? error.stderr : error instanceof Error ? error.message : String(error);
    return new SlotkeeperError(
        "usage",
        `this machine does not permit a network bridge: ${String(reason).trim()}`,
        "run as root on a host (not in an unprivileged container) whose kernel has the bridge module",
        { cause: error },
    );
}

/**
 * Makes the network of a run on a free private /24, whose machines reach nothing until `allow`; it goes with
 * `clearRun`. One run at a time looks for a free network, so that two never choose the same. @throws SlotkeeperError
 * where bridges or packet filters are not permitted.
 */
export async function openNetwork(run: RunRef, progress: Progress): Promise<Network> {
    const bridge = bridgeName(run.id);
    return withLock("choosing a network", progress, async () => {
        if (linkExists(bridge) || filterExists(bridge)) {
            throw new SlotkeeperError(
                "locked",
                `the network ${bridge} exists already`,
                "open the network of a run only once",
            );
        }
        const subnet = freeSubnet(await takenNetworks(), randomInt(2 ** 16));
        if (subnet === undefined) {
            throw new SlotkeeperError(
                "usage",
                "every private IPv4 network is taken on this machine",
                "remove a route of `ip route`",
            );
        }
        const host = (n: number) => formatAddress(subnet.address + n);
        await makeFilter(bridge, host(1));
        try {
            await makeBridge(bridge, host(1));
        } catch (error) {
            await deleteLink(bridge);
            await removeFilter(bridge);
            throw notPermitted(error);
        }
        progress(`network ${host(0)}/${prefixLength} on ${bridge}`);
        const allow = (port: number) => openPort(bridge, port);
        return { bridge, address: host(1), cidr: `${host(0)}/${prefixLength}`, host, allow };
    });
}

/**
 * Cuts a machine's link off from its neighbours: an isolated port of a bridge reaches the host's own address only
 * (bridge(8)). @throws when `giveUp` gives a reason or 15 s pass before the link is there, or when the kernel refuses.
 */
export async function isolateLink(veth: string, giveUp: () => string | undefined): Promise<void> {
    const isPort = () => existsSync(`/sys/class/net/${veth}/brport`);
    await waitUntil(() => isPort() || giveUp() !== undefined, 15_000, 5);
    if (!isPort()) throw new Error(giveUp() ?? `the network link ${veth} did not appear`);
    await execa("bridge", ["link", "set", "dev", veth, "isolated", "on"]);
}
