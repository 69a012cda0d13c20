import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { applied } from "./apply.ts";
import type { AppConfig, StackConfig } from "./config.ts";
import { secret } from "./config/secrets.ts";
import { appScript } from "./render/app.ts";
import { appUnit } from "./render/units.ts";
import { appUser } from "./runtime.ts";
import type { Server } from "./server.ts";

export interface AppArgs {
    readonly server: Server;
    readonly app: AppConfig;
    readonly config: StackConfig;
}

/** The app's files on the server and its data prepared, not started: replication comes first. */
export class App extends pulumi.ComponentResource {
    constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:App", name, {}, opts);
        const { server, app, config } = args;
        const release = releaseOf(app);
        const archive = `/var/tmp/app-${release}.tar`;
        const upload = new command.remote.CopyToRemote(
            `${name}-upload`,
            {
                connection: server.connection,
                source: new pulumi.asset.FileAsset(app.archive),
                remotePath: archive,
                triggers: [server.instance],
            },
            { parent: this, ...server.remote },
        );
        new command.remote.Command(
            `${name}-install`,
            {
                connection: server.connection,
                create: appScript({
                    archive,
                    release,
                    user: appUser,
                    // Only production makes first data; staging has what was restored.
                    prepare: config.role === "production" ? app.prepare : undefined,
                }),
                stdin: secret("appToken"),
                triggers: [server.instance, release],
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

/** The app as a service. */
export class AppService extends pulumi.ComponentResource {
    readonly url: pulumi.Output<string>;

    constructor(name: string, args: AppServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:AppService", name, {}, opts);
        const { server, app } = args;
        const unit = applied(
            `${name}-unit`,
            server,
            {
                files: [
                    {
                        path: "/etc/systemd/system/app.service",
                        mode: "0644",
                        // Another version of the app is another unit, and so restarts it.
                        content: appUnit(appUser, app.serve ?? [], { APP_RELEASE: releaseOf(app) }),
                    },
                ],
                units: { enable: ["app.service"], restartOnChange: ["app.service"] },
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
