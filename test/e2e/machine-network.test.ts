import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { filterExists, makeFilter, removeFilter } from "../../local/filter.ts";
import { ensureBaseImage } from "../../local/machine/image.ts";
import { killMachine } from "../../local/machine/kill.ts";
import { startMachine, type Machine } from "../../local/machine/start.ts";
import { openNetwork, type Network } from "../../local/network.ts";
import { clearRun, leftovers, openRun, type Run } from "../../local/run.ts";
import { machineSsh } from "../support/machine-ssh.ts";

const quiet = () => undefined;

describe("the network of a machine", function () {
    this.timeout(120_000);
    let cache: string;
    let outer: string | undefined;
    let image: string;
    let runs: [Run, Run];
    let networks: [Network, Network];
    let authorizedKey: string;
    const services: (() => void)[] = [];

    before(async function () {
        this.timeout(600_000);
        image = await ensureBaseImage(quiet);
        outer = process.env["XDG_CACHE_HOME"];
        cache = await realpath(await mkdtemp(join(tmpdir(), "slotkeeper-test-")));
        process.env["XDG_CACHE_HOME"] = cache;
        await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(cache, "key")]);
        authorizedKey = (await readFile(join(cache, "key.pub"), "utf8")).trim();
        runs = await Promise.all([openRun(quiet), openRun(quiet)]);
        networks = await Promise.all([openNetwork(runs[0], quiet), openNetwork(runs[1], quiet)]);
    });

    afterEach(() => {
        for (const close of services.splice(0)) close();
    });

    after(async () => {
        for (const run of runs) await clearRun(run.dir);
        for (const run of runs) assert.deepEqual(leftovers(run), []);
        for (const { bridge } of networks) assert.equal(filterExists(bridge), false);
        if (outer === undefined) delete process.env["XDG_CACHE_HOME"];
        else process.env["XDG_CACHE_HOME"] = outer;
        await rm(cache, { recursive: true, force: true });
    });

    const start = (name: string, n: number) =>
        startMachine({ run: runs[0], name, image, address: networks[0].host(n), authorizedKey, storage: "disk" });

    /** A service of this host; its port. */
    async function serve(address: string): Promise<number> {
        const server: Server = createServer((socket) => socket.on("error", quiet).end("hi")).listen(0, address);
        services.push(() => server.close());
        await once(server, "listening");
        return (server.address() as AddressInfo).port;
    }

    /** A service of this host that answers a datagram with "pong"; its port. */
    async function serveDatagrams(): Promise<number> {
        const socket = createSocket("udp4", (_, { port, address }) => {
            socket.send("pong", port, address);
        }).bind(0);
        services.push(() => socket.close());
        await once(socket, "listening");
        return socket.address().port;
    }

    const bash = (machine: Machine, script: string) =>
        machineSsh(join(cache, "key"), machine, "timeout", "3", "bash", "-c", `'${script}'`);
    const knock = (machine: Machine, address: string, port: number) =>
        bash(machine, `exec 3<>/dev/tcp/${address}/${port} && echo open`);
    const ping = (machine: Machine, address: string, port: number) =>
        bash(machine, `exec 3<>/dev/udp/${address}/${port} && echo ping >&3 && head -c 4 <&3`);

    it("has the port of this host that was allowed, and no other service of it, whatever that listens on", async () => {
        const [{ bridge, address, allow }, other] = networks;
        const [store, everywhere, datagrams, neighbours] = await Promise.all([
            serve(address),
            serve("0.0.0.0"),
            serveDatagrams(),
            serve(other.address),
        ]);
        await other.allow(neighbours);
        const machine = await start("shut-in", 10);
        try {
            // Not even with a route by way of this host.
            await bash(machine, `ip route add default via ${address}`);
            assert.match(await knock(machine, address, store), /refused/i);
            await allow(store);
            assert.equal(await knock(machine, address, store), "open");
            assert.match(await knock(machine, address, everywhere), /refused/i);
            assert.match(await knock(machine, other.address, everywhere), /refused/i);
            assert.match(await knock(machine, other.address, neighbours), /refused/i);
            assert.match(await ping(machine, address, datagrams), /refused/i);
            // It is the filter that refuses.
            await removeFilter(bridge);
            assert.equal(await knock(machine, address, everywhere), "open");
            assert.equal(await knock(machine, other.address, everywhere), "open");
            assert.equal(await knock(machine, other.address, neighbours), "open");
            assert.equal(await ping(machine, address, datagrams), "pong");
            await makeFilter(bridge, address);
            assert.match(await knock(machine, address, store), /refused/i);
        } finally {
            await killMachine(runs[0], "shut-in");
        }
    });

    it("has neither its neighbour nor the world", async () => {
        const [near, far] = await Promise.all([start("near", 13), start("far", 14)]);
        try {
            assert.doesNotMatch(await knock(near, far.address, 22), /open/);
            assert.doesNotMatch(await knock(near, "192.0.2.1", 80), /open/);
            assert.equal(await bash(near, "ip route show default"), "");
        } finally {
            await Promise.all([killMachine(runs[0], "near"), killMachine(runs[0], "far")]);
        }
    });
});
