import * as pulumi from "@pulumi/pulumi";
import { applied } from "./apply.ts";
import type { ProductionConfig } from "./config.ts";
import type { Location } from "./outputs.ts";
import { globalLitestreamYml, intervalsFor, slotsLitestreamYml } from "./render/litestream-yml.ts";
import { litestreamUnit } from "./render/units.ts";
import { appUser } from "./runtime.ts";
import type { Server } from "./server.ts";

export interface ReplicationArgs {
    readonly server: Server;
    readonly location: pulumi.Output<Location>;
    readonly config: ProductionConfig;
}

/** Litestream on the production server: one daemon for the global database, one for the slots. */
export class Replication extends pulumi.ComponentResource {
    constructor(name: string, args: ReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Replication", name, {}, opts);
        const { dataDir } = args.config.fleet;
        const intervals = intervalsFor(args.config.rpoSeconds);
        const owned = { mode: "0640", owner: appUser } as const;
        const desired = args.location.apply((location) => {
            const replica = { ...location, bucket: location.replicaBucket, prefix: "" };
            return {
                files: [
                    {
                        path: "/etc/litestream/global.yml",
                        content: globalLitestreamYml(`${dataDir}/global.db`, replica, intervals),
                        ...owned,
                    },
                    {
                        path: "/etc/litestream/1.yml",
                        content: slotsLitestreamYml(`${dataDir}/slots`, replica, intervals),
                        ...owned,
                    },
                    { path: "/etc/systemd/system/litestream@.service", mode: "0644", content: litestreamUnit(appUser) },
                ],
                // Never restarted for a new file: a start under load is a risk of its own (docs/replication.md).
                units: { enable: daemons, start: daemons, hold: ["app.service"] },
            };
        });
        applied(`${name}-daemons`, args.server, desired, { parent: this });
        this.registerOutputs({});
    }
}

const daemons = ["litestream@global.service", "litestream@1.service"];
