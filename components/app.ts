import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { applied } from "./apply.ts";
import type { AppConfig, StackConfig } from "./config.ts";
import { secret } from "./config/secrets.ts";
import { generationOf } from "./drift.ts";
import { appScript } from "./render/app.ts";
import { asRoot } from "./render/shell.ts";
import { appUnit } from "./render/units.ts";
import { appUser } from "./runtime.ts";
import type { Server } from "./server.ts";

export interface AppArgs {
    readonly server: Server;
    readonly app: AppConfig;
    readonly config: StackConfig;
}

/** The app's files on the server and its data prepared, not in use nor started: replication comes first. */
export class App extends pulumi.ComponentResource {
    constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:App", name, {}, opts);
        const { server, app, config } = args;
        const release = releaseOf(app);
        const installed = `${name}-install`;
        const generation = generationOf(server, installed);
        const archiveOf = (number: string) => `/var/tmp/app-${release}${number === "0" ? "" : `-${number}`}.tar`;
        const upload = new command.remote.CopyToRemote(
            `${name}-upload`,
            {
                connection: server.connection,
                source: new pulumi.asset.FileAsset(app.archive),
                remotePath: generation.apply(archiveOf),
                triggers: [server.instance],
            },
            { parent: this, ...server.remote },
        );
        new command.remote.Command(
            installed,
            {
                connection: server.connection,
                create: pulumi.all([server.address, generation]).apply(([{ user }, number]) => {
                    const script = appScript({
                        archive: archiveOf(number),
                        release,
                        name: installed,
                        generation: number,
                        user: appUser,
                        // Only production makes first data; staging has what was restored.
                        prepare: config.role === "production" ? app.prepare : undefined,
                        use: app.serve === undefined,
                    });
                    return asRoot(user, script);
                }),
                stdin: secret("appToken"),
                triggers: [server.instance],
                addPreviousOutputInEnv: false,
            },
            { parent: this, dependsOn: upload, ...server.remote },
        );
        this.registerOutputs({});
    }
}

export interface AppServiceArgs {
    readonly server: Server;
    readonly app: AppConfig;
}

/** The app as a service. A version that does not stay up is taken back: the one before runs again, and the update fails. */
export class AppService extends pulumi.ComponentResource {
    readonly url: pulumi.Output<string>;

    constructor(name: string, args: AppServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:AppService", name, {}, opts);
        const { server, app } = args;
        const release = releaseOf(app);
        const unit = applied(
            `${name}-unit`,
            server,
            {
                files: [
                    {
                        path: "/etc/systemd/system/app.service",
                        mode: "0644",
                        // Another version of the app is another unit, and so restarts it.
                        content: appUnit(appUser, app.serve ?? [], { APP_RELEASE: release }),
                    },
                ],
                links: [{ path: "/opt/app/current", target: `releases/${release}` }],
                units: { enable: ["app.service"], restartOnChange: ["app.service"] },
                rollBack: true,
            },
            { parent: this },
        );
        this.url = pulumi.all([server.address, unit.id]).apply(([address]) => `http://${address.host}:${app.port}`);
        this.registerOutputs({ url: this.url });
    }
}

/** The first 16 hex digits of the archive's SHA-256; its name may stay the same from version to version. */
function releaseOf({ archive }: AppConfig): string {
    try {
        return createHash("sha256").update(readFileSync(archive)).digest("hex").slice(0, 16);
    } catch (cause) {
        throw new pulumi.RunError(`The app's archive (slotkeeper:app) cannot be read: ${String(cause)}`);
    }
}
