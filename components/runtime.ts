import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Artifact } from "./artifact.ts";
import type { Backups } from "./backups.ts";
import type { StackConfig } from "./config.ts";
import type { SnapshotKey } from "./encryption-secret.ts";
import { type FleetSettings, SNAPSHOT_PASSPHRASE_PATH } from "./fleet-settings.ts";
import type { Location } from "./outputs.ts";
import { applied } from "./apply.ts";
import { generationOf } from "./drift.ts";
import { envLine } from "./render/env-file.ts";
import { installScript } from "./render/install.ts";
import { asRoot } from "./render/shell.ts";
import type { Server } from "./server.ts";

/** The user that owns the databases, and runs the app and Litestream. */
export const appUser = "app";

export interface RuntimeArgs {
    readonly server: Server;
    readonly artifact: Artifact;
    readonly backups: Backups;
    readonly config: StackConfig;
}

/** The program on the server, with its settings and the key to the object store; it starts nothing yet. */
export class Runtime extends pulumi.ComponentResource {
    constructor(name: string, args: RuntimeArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Runtime", name, {}, opts);
        const { server, artifact, config } = args;
        const installed = `${name}-install`;
        // Another generation is another upload: the archive does not stay on the server.
        const archiveOf = (generation: string) =>
            `/var/tmp/slotkeeper-${artifact.hash}${generation === "0" ? "" : `-${generation}`}.tar.gz`;
        const generation = generationOf(server, installed);

        const upload = new command.remote.CopyToRemote(
            `${name}-upload`,
            {
                connection: server.connection,
                source: new pulumi.asset.FileAsset(artifact.path),
                remotePath: generation.apply(archiveOf),
                triggers: [server.instance],
            },
            { parent: this, ...server.remote },
        );
        const install = new command.remote.Command(
            installed,
            {
                connection: server.connection,
                create: pulumi.all([server.address, generation]).apply(([{ user }, number]) => {
                    const script = installScript({
                        archive: archiveOf(number),
                        release: artifact.hash,
                        name: installed,
                        generation: number,
                        user: appUser,
                        dataDir: config.fleet.dataDir,
                    });
                    return asRoot(user, script);
                }),
                triggers: [server.instance],
                addPreviousOutputInEnv: false,
            },
            { parent: this, dependsOn: upload, ...server.remote },
        );
        const { backups } = args;
        const given = pulumi.all([backups.location, backups.serverKey, backups.snapshotKey]);
        const settings = given.apply(([location, key, snapshotKey]) => ({
            files: [
                {
                    path: "/etc/slotkeeper/fleet.json",
                    mode: "0644",
                    content: `${JSON.stringify(fleetSettings(config, location, snapshotKey), undefined, 2)}\n`,
                },
                {
                    path: "/etc/slotkeeper/store.env",
                    mode: "0600",
                    content:
                        envLine("LITESTREAM_ACCESS_KEY_ID", key.keyId) +
                        envLine("LITESTREAM_SECRET_ACCESS_KEY", key.secret),
                },
                ...passphraseFile(snapshotKey),
            ],
        }));
        applied(`${name}-settings`, server, settings, { parent: this, dependsOn: install });
        this.registerOutputs({});
    }
}

/** With gpg the server holds the passphrase, and can read what it wrote; with age it holds nothing secret. */
function passphraseFile(key: SnapshotKey | undefined) {
    if (key?.method !== "gpg") return [];
    return [{ path: SNAPSHOT_PASSPHRASE_PATH, mode: "0600", content: `${key.passphrase}\n` }];
}

function snapshotSettings(bucket: string, key: SnapshotKey | undefined): FleetSettings["snapshots"] {
    if (key === undefined) return null;
    const { method } = key;
    return method === "age"
        ? { bucket, encryption: { method, recipient: key.recipient } }
        : { bucket, encryption: { method, passphraseFile: SNAPSHOT_PASSPHRASE_PATH } };
}

function fleetSettings(config: StackConfig, location: Location, snapshotKey: SnapshotKey | undefined): FleetSettings {
    return {
        stack: pulumi.getStack(),
        role: config.role,
        dataDir: config.fleet.dataDir,
        globalFile: "global.db",
        slotsDir: "slots",
        catalogQuery: config.fleet.catalogQuery,
        owner: { user: appUser, group: appUser },
        replica: {
            backend: location.backend,
            endpoint: location.endpoint,
            region: location.region,
            bucket: location.replicaBucket,
            prefix: "",
        },
        snapshots: snapshotSettings(location.snapshotBucket, snapshotKey),
        litestream: "/opt/slotkeeper/current/bin/litestream",
        restoreConcurrency: config.restoreConcurrency,
        digest: config.fleet.digest,
        probes: config.fleet.probes,
    };
}
