import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent, OpMap, Stack } from "@pulumi/pulumi/automation/index.js";
import { startMachine, type Machine } from "../../local/machine/start.ts";
import { killMachine } from "../../local/machine/kill.ts";
import { clearRun, leftovers, openRun, type Run } from "../../local/run.ts";
import { type RemoteResult, runRemote, type SshTarget } from "../../scripts/adapters/ssh.ts";
import { openCloud } from "../../scripts/drill/phases/cloud.ts";
import { setUp } from "../../scripts/drill/phases/setup.ts";
import { planDrill } from "../../scripts/drill/plan.ts";
import { sampleFleet } from "../../scripts/drill/sample-fleet.ts";
import { productionConfig, type Fleet } from "../../scripts/drill/stack-config.ts";
import { openStack } from "../../scripts/drill/stacks.ts";
import type { Cloud, Workshop } from "../../scripts/drill/world.ts";

/** What an update or its preview did: the names of the resources by what was done to them, and its words. */
export interface Outcome {
    /** Names of resources that did not stay the same, sorted: "update replication-daemons". */
    readonly changes: readonly string[];
    readonly summary: OpMap | undefined;
    /** Warnings and errors. */
    readonly said: string;
}

/** The port of the sample app. */
const appPort = 3000;

/**
 * A production stack as a user has it (s3-compatible, a server that is there already, no drill), on the local cloud, with
 * the sample app. Its server is logged in to as `deploy`, who may use sudo.
 */
export class ProvisionedStack {
    readonly run: Run;
    readonly #cloud: Cloud;
    readonly #workshop: Workshop;
    #fleet: Fleet;
    #machine: Machine | undefined;
    #stack: Stack | undefined;

    private constructor(run: Run, cloud: Cloud, workshop: Workshop, fleet: Fleet) {
        this.run = run;
        this.#cloud = cloud;
        this.#workshop = workshop;
        this.#fleet = fleet;
    }

    static async open(slots: number): Promise<ProvisionedStack> {
        const plan = planDrill({ slots: String(slots), seed: "7" }, process.cwd());
        const conduct = { plan, progress: () => undefined, signal: new AbortController().signal };
        const workshop = await setUp(conduct);
        const run = await openRun(() => undefined);
        try {
            const cloud = await openCloud(conduct, workshop, run, () => undefined);
            const { fleet } = await sampleFleet(plan, slots);
            return new ProvisionedStack(run, cloud, workshop, fleet);
        } catch (error) {
            await clearRun(run.dir);
            throw error;
        }
    }

    get fleet(): Fleet {
        return this.#fleet;
    }

    get stack(): Stack {
        assert.ok(this.#stack !== undefined);
        return this.#stack;
    }

    get litestream(): string {
        return this.#workshop.toolchain.litestream.path;
    }

    /** Names of the objects in the store, for what must survive. */
    get storeFolder(): string {
        return join(this.run.dir, "store/data");
    }

    get replicaBucket(): string {
        return this.#cloud.buckets.replica.replace(/^drill-/, "acme-");
    }

    /** Ends the server, if there is one, and starts another with nothing on its disk and another host key. */
    async newServer(): Promise<void> {
        await killMachine(this.run, "production");
        this.#machine = await startMachine({
            run: this.run,
            name: "production",
            image: this.#workshop.image,
            address: this.#cloud.network.host(10),
            authorizedKey: this.#cloud.ssh.publicKey,
            storage: "disk",
        });
        await this.must(
            "useradd -m -p '*' -s /bin/bash deploy && cp -r /root/.ssh /home/deploy && chown -R deploy: /home/deploy/.ssh && " +
                "echo 'deploy ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy",
        );
        await this.configure({});
    }

    /** The server is gone, at once. */
    async stopServer(): Promise<void> {
        await killMachine(this.run, "production");
    }

    /** What Litestream says it replicates. */
    async replicated(): Promise<{ path: string }[]> {
        const text = await this.must("slotkeeper replication list --json");
        return (JSON.parse(text) as { databases: { path: string }[] }).databases;
    }

    /** Waits until every commit is in the bucket. */
    async sync(): Promise<void> {
        const socket = (path: string) => `/run/litestream/${path.includes("/slots/") ? "1" : "global"}.sock`;
        const databases = await this.replicated();
        const current = "/opt/slotkeeper/current/bin/litestream";
        await this.must(databases.map(({ path }) => `${current} sync -wait -socket ${socket(path)} ${path}`).join(" && ")); // prettier-ignore
    }

    /** Writes the stack's configuration, with another app if so told. */
    async configure({ archive }: { archive?: string }): Promise<void> {
        if (archive !== undefined) this.#fleet = { ...this.#fleet, app: { ...this.#fleet.app, archive } };
        const { hostKey } = this.target;
        const buckets = { replica: this.replicaBucket, snapshot: this.replicaBucket.replace("replicas", "snapshots") };
        const config = productionConfig({ ...this.#cloud, buckets }, this.#workshop, this.#fleet, 15);
        const server = { kind: "ssh", host: this.target.host, user: "deploy", hostKey };
        const own = {
            ...config,
            "slotkeeper:drill": { value: "false" },
            "slotkeeper:server": { value: JSON.stringify(server) },
        };
        this.#stack = await openStack("acme", own, this.#cloud.stacks);
    }

    /** As root, who is not the one that Pulumi logs in as. */
    get target(): SshTarget {
        assert.ok(this.#machine !== undefined);
        const { address: host, port, hostKey } = this.#machine;
        return { host, port, user: "root", hostKey, privateKey: this.#cloud.ssh.privateKey };
    }

    ssh(command: string, stdin?: string): Promise<RemoteResult> {
        return runRemote(this.target, command, { timeoutSeconds: 120, ...(stdin === undefined ? {} : { stdin }) });
    }

    /** Runs a command on the server, which must succeed; what it printed. */
    async must(command: string): Promise<string> {
        const { status, stdout, stderr } = await this.ssh(command);
        assert.equal(status, 0, `${command}: ${stderr}`);
        return stdout.trim();
    }

    /** The pids of the two daemons and the app, by unit. */
    async pids(): Promise<Record<string, string>> {
        const units = ["litestream@global", "litestream@1", "app"];
        const pids = await this.must(`systemctl show --value --property=MainPID ${units.join(" ")} | grep .`);
        return Object.fromEntries(units.map((unit, index) => [unit, pids.split("\n")[index] ?? ""]));
    }

    /** The digest of each database, from the server's own program. */
    async digests(): Promise<Record<string, unknown>> {
        const { databases } = JSON.parse(await this.must("slotkeeper verify --json")) as {
            databases: { id: string; digest: string | null; problem: unknown }[];
        };
        return Object.fromEntries(databases.map(({ id, digest, problem }) => [id, problem ?? digest]));
    }

    async appAnswers(): Promise<boolean> {
        const url = `http://${this.target.host}:${appPort}/slots`;
        // Any answer will do: it is up.
        return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
            () => true,
            () => false,
        );
    }

    async preview(): Promise<Outcome> {
        const watch = new Watch();
        const { changeSummary } = await this.stack.preview({ onEvent: watch.see });
        return watch.outcome(changeSummary);
    }

    /** `pulumi up`. @throws when it fails. */
    async up(): Promise<Outcome> {
        const watch = new Watch();
        try {
            const { summary } = await this.stack.up({ onEvent: watch.see });
            return watch.outcome(summary.resourceChanges);
        } catch (error) {
            throw new Error(watch.outcome(undefined).said, { cause: error });
        }
    }

    async upFails(): Promise<string> {
        const failure = await this.up().then(
            () => null,
            (error: unknown) => error,
        );
        assert.ok(failure instanceof Error, "it did not fail");
        return failure.message;
    }

    async close(): Promise<void> {
        await clearRun(this.run.dir);
        assert.deepEqual(leftovers(this.run), []);
    }

    /** The state as it is on the disk. */
    state(): string {
        return readFileSync(join(this.run.dir, "state/.pulumi/stacks/slotkeeper/acme.json"), "utf8");
    }
}

/** Gathers what an update says. */
class Watch {
    readonly #changes: string[] = [];
    readonly #said: string[] = [];

    readonly see = (event: EngineEvent): void => {
        const step = event.resourcePreEvent?.metadata;
        if (step !== undefined && step.op !== "same" && !step.type.startsWith("pulumi:"))
            this.#changes.push(`${step.op} ${step.urn.split("::").at(-1) ?? ""}`);
        const diagnostic = event.diagnosticEvent;
        if (diagnostic !== undefined && ["warning", "error"].includes(diagnostic.severity))
            this.#said.push(diagnostic.message.trim());
    };

    outcome(summary: OpMap | undefined): Outcome {
        return { changes: [...new Set(this.#changes)].sort(), summary, said: this.#said.join("\n") };
    }
}
