import { join } from "node:path";
import type { ConfigMap } from "@pulumi/pulumi/automation/index.js";
import type { AppConfig } from "../../components/config.ts";
import type { Probe } from "../../components/fleet-settings.ts";
import { projectName } from "./stacks.ts";
import type { Cloud, Workshop } from "./world.ts";

/** The names of a local drill's stacks: each says what it is. */
export const stackNames = { production: "local-prod", staging: "local-staging" } as const;

/** What the fleet of a drill is: the app that makes it, how its catalog reads, what is asked of each database. */
export interface Fleet {
    readonly app: AppConfig;
    readonly catalogQuery: string;
    readonly digest: boolean;
    readonly probes: { readonly global: readonly Probe[]; readonly slot: readonly Probe[] };
}

const machineProgram = join(import.meta.dirname, "../../local/machine/main.ts");

/** Configuration of the production stack: it alone may write to the buckets. */
export function productionConfig(cloud: Cloud, workshop: Workshop, fleet: Fleet, rpoSeconds: number): ConfigMap {
    return {
        ...shared(cloud, fleet, "production"),
        ...json("app", fleet.app),
        ...json("storage", {
            backend: cloud.store.backend,
            endpoint: cloud.store.endpoint,
            region: cloud.store.region,
            replicaBucket: cloud.buckets.replica,
            snapshotBucket: cloud.buckets.snapshot,
            // B2's keys carry their own limits; elsewhere a bucket policy does.
            ...(cloud.store.backend === "s3-compatible" && {
                accounts: { writer: cloud.accounts.writer.keyId, reader: cloud.accounts.reader.keyId },
            }),
        }),
        ...text("rpoSeconds", String(rpoSeconds)),
        ...json("server", machine(cloud, workshop, "production", 10, "disk")),
        ...secretText("storageAdminKeyId", cloud.accounts.admin.keyId),
        ...secretText("storageAdminSecret", cloud.accounts.admin.secret),
        ...secretText("serverKeyId", cloud.accounts.writer.keyId),
        ...secretText("serverSecret", cloud.accounts.writer.secret),
        ...secretText("recoveryKeyId", cloud.accounts.reader.keyId),
        ...secretText("recoverySecret", cloud.accounts.reader.secret),
    };
}

/** Configuration of the staging stack: no key and no name of a bucket but what production's outputs say. */
export function stagingConfig(cloud: Cloud, workshop: Workshop, fleet: Fleet, storage: "disk" | "memory"): ConfigMap {
    return {
        ...shared(cloud, fleet, "staging"),
        // An app that is only data is production's: the originals have no business beside what is restored.
        ...(fleet.app.serve === undefined ? {} : json("app", fleet.app)),
        // The drill judges for itself, and wants the app up beside what did not come back.
        ...text("failedCheck", "report"),
        ...text("production", `organization/${projectName}/${stackNames.production}`),
        ...json("server", machine(cloud, workshop, "staging", 20, storage)),
    };
}

function shared(cloud: Cloud, fleet: Fleet, role: "production" | "staging"): ConfigMap {
    return {
        ...text("role", role),
        ...text("drill", "true"),
        ...json("fleet", { catalogQuery: fleet.catalogQuery, digest: fleet.digest, probes: fleet.probes }),
        ...secretText("sshPrivateKey", cloud.ssh.privateKey),
        ...secretText("appToken", cloud.appToken),
    };
}

function machine(cloud: Cloud, workshop: Workshop, name: string, host: number, storage: "disk" | "memory") {
    const program = [process.execPath, machineProgram];
    const which = ["--run", cloud.run.dir, "--name", name];
    return {
        kind: "command",
        create: [
            ...program,
            "create",
            ...which,
            ...["--address", cloud.network.host(host), "--image", workshop.image, "--storage", storage],
            ...["--authorized-key", cloud.ssh.publicKey],
        ],
        delete: [...program, "destroy", ...which],
    };
}

const key = (name: string) => `${projectName}:${name}`;
const text = (name: string, value: string): ConfigMap => ({ [key(name)]: { value } });
const json = (name: string, value: unknown): ConfigMap => text(name, JSON.stringify(value));
const secretText = (name: string, value: string): ConfigMap => ({ [key(name)]: { value, secret: true } });
