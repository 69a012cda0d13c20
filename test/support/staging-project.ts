import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { buildApp } from "../../local/app/build.ts";
import { appProbes } from "../../local/app/probes.ts";
import { startMachine } from "../../local/machine/start.ts";
import { clearRun, openRun } from "../../local/run.ts";
import { openCloud } from "../../scripts/drill/phases/cloud.ts";
import { baselineOf, produce, untilReplicated } from "../../scripts/drill/phases/production.ts";
import { setUp } from "../../scripts/drill/phases/setup.ts";
import { planDrill } from "../../scripts/drill/plan.ts";
import { type DrillRecord, recordSchema } from "../../scripts/drill/record.ts";
import { sampleFleet } from "../../scripts/drill/sample-fleet.ts";
import type { Cloud, Site } from "../../scripts/drill/world.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const machineProgram = join(root, "local/machine/main.ts");
const node = "/opt/slotkeeper/current/bin/node";

/** Seconds: small, so that what production has is in the bucket by the time a staging server lists it. */
const rpoSeconds = 4;

/**
 * A production that lives on a cloud of this machine, and a project of its own beside it, whose stack files a test
 * writes: with its own backend, Pulumi home and state, so that nothing of the user's is touched.
 */
export class StagingProject implements AsyncDisposable {
    readonly cloud: Cloud;
    readonly production: Site;
    readonly slots: readonly string[];
    readonly dir: string;
    readonly #image: string;

    private constructor(cloud: Cloud, production: Site, slots: readonly string[], dir: string, image: string) {
        this.cloud = cloud;
        this.production = production;
        this.slots = slots;
        this.dir = dir;
        this.#image = image;
    }

    static async make(slots: number): Promise<StagingProject> {
        const quiet = () => undefined;
        const plan = { ...planDrill({ slots: String(slots), seed: "7" }, root), rpoSeconds };
        const conduct = { plan, progress: quiet, signal: new AbortController().signal };
        const workshop = await setUp(conduct);
        const run = await openRun(quiet);
        const dir = await mkdtemp(join(tmpdir(), "slotkeeper-staging-"));
        try {
            const cloud = await openCloud(conduct, workshop, run, quiet);
            const { fleet } = await sampleFleet(plan, slots);
            const production = await produce(conduct, workshop, cloud, fleet, quiet);
            const ids = (await baselineOf(production.server)).map(({ id }) => id).filter((id) => id !== "global");
            await untilReplicated(conduct, cloud, ids);
            for (const name of ["Pulumi.yaml", "package.json"])
                await writeFile(join(dir, name), await readFile(join(root, name)));
            await symlink(join(root, "node_modules"), join(dir, "node_modules"));
            await writeFile(
                join(dir, "index.ts"),
                `export { default } from ${JSON.stringify(join(root, "index.ts"))};\n`,
            );
            return new StagingProject(cloud, production, ids, dir, workshop.image);
        } catch (error) {
            await clearRun(run.dir);
            await rm(dir, { recursive: true, force: true });
            throw error;
        }
    }

    /** Writes Pulumi.<stack>.yaml for a staging stack on a machine of this cloud; `changes` are keys without namespace. */
    async describe(stack: string, changes: Record<string, unknown> = {}): Promise<string> {
        const { run, network, ssh, appToken } = this.cloud;
        const program = [process.execPath, machineProgram];
        const which = ["--run", run.dir, "--name", stack];
        const where = ["--address", network.host(20), "--image", this.#image, "--authorized-key", ssh.publicKey];
        const serve = [node, "/opt/app/current/main.mjs", "serve", "--data", "/app/data", "--host", "0.0.0.0"];
        const config = {
            role: "staging",
            drill: true,
            production: "local-prod",
            rpoSeconds,
            server: {
                kind: "command",
                create: [...program, "create", ...which, ...where],
                delete: [...program, "destroy", ...which],
            },
            app: {
                archive: await buildApp(),
                serve: [...serve, "--port", "3000", "--token-file", "/etc/slotkeeper/app-token"],
                port: 3000,
            },
            fleet: { probes: appProbes },
            sshPrivateKey: ssh.privateKey,
            appToken,
            ...changes,
        };
        const named = Object.entries(config).map(([key, value]) => [`slotkeeper:${key}`, value]);
        const path = join(this.dir, `Pulumi.${stack}.yaml`);
        // JSON is YAML.
        await writeFile(path, JSON.stringify({ config: Object.fromEntries(named) as unknown }, undefined, 1));
        return path;
    }

    /** Boots a server that is nobody's but the user's: no stack made it. @returns what slotkeeper:server says of it. */
    async ownServer(name: string): Promise<{ kind: "ssh"; host: string; hostKey: string }> {
        const { run, network, ssh } = this.cloud;
        const identity = { name, address: network.host(30), authorizedKey: ssh.publicKey };
        const machine = await startMachine({ ...identity, run, image: this.#image, storage: "disk" });
        return { kind: "ssh", host: machine.address, hostKey: machine.hostKey };
    }

    /** What a person's shell would have, with a backend and homes of this project's own. */
    get env(): Record<string, string> {
        const { run, stacks } = this.cloud;
        return {
            ...run.env,
            INIT_CWD: this.dir,
            HOME: this.dir,
            XDG_STATE_HOME: join(this.dir, "state"),
            XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? "/root", ".cache"),
            PULUMI_HOME: join(this.dir, "pulumi-home"),
            PULUMI_BACKEND_URL: `file://${stacks.stateDir}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: stacks.env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "",
        };
    }

    /** The state of a stack as it lies in the backend, or null where there is none. */
    async state(stack: string): Promise<string | null> {
        const path = join(this.cloud.stacks.stateDir, ".pulumi/stacks/slotkeeper", `${stack}.json`);
        return readFile(path, "utf8").catch(() => null);
    }

    /** The real command, as a person starts it. */
    drill(...args: string[]): StagingDrill {
        return new StagingDrill(this, args);
    }

    /** The Pulumi CLI on this project's backend. */
    async pulumi(args: string[], input = ""): Promise<string> {
        const { stacks } = this.cloud;
        const env = { ...stacks.env, ...this.env, PATH: stacks.env["PATH"] ?? "" };
        const { stdout } = await execa(join(stacks.cliRoot, "bin/pulumi"), args, { cwd: this.dir, env, input });
        return stdout;
    }

    async [Symbol.asyncDispose](): Promise<void> {
        await clearRun(this.cloud.run.dir);
        await rm(this.dir, { recursive: true, force: true });
    }
}

let reports = 0;

/** A drill of a staging stack in a process of its own. */
export class StagingDrill {
    readonly #child;
    readonly #report: string;
    #stderr = "";

    constructor(project: StagingProject, args: readonly string[]) {
        this.#report = join(project.dir, `report-${String(++reports)}`);
        const argv = [join(root, "scripts/slotkeeper.ts"), "drill", "--report", this.#report, ...args];
        this.#child = execa(process.execPath, argv, {
            cwd: project.dir,
            env: project.env,
            reject: false,
            stdin: "ignore",
            // A drill takes its time after SIGTERM: it destroys.
            forceKillAfterDelay: false,
        });
        this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    }

    /** Waits until a line of its progress matches; fails with all it said when it ends before. */
    async until(pattern: RegExp): Promise<void> {
        const ended = this.#child.then(() => true);
        while (!pattern.test(this.#stderr)) {
            const over = await Promise.race([ended, new Promise<false>((go) => setTimeout(go, 50, false))]);
            if (over && !pattern.test(this.#stderr))
                throw new Error(`the drill ended before ${String(pattern)}:\n${this.#stderr}`);
        }
    }

    signal(name: NodeJS.Signals): void {
        this.#child.kill(name);
    }

    async end(): Promise<{ exitCode: number | undefined; signal: string | undefined; stdout: string; stderr: string }> {
        const { exitCode, signal, stdout } = await this.#child;
        return { exitCode, signal, stdout, stderr: this.#stderr };
    }

    async record(): Promise<DrillRecord> {
        return recordSchema.parse(JSON.parse(await readFile(join(this.#report, "drill.json"), "utf8")));
    }
}
