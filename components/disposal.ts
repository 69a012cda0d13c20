import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { StagingConfig } from "./config.ts";
import { disposalScript, disposeScript, timerScript } from "./render/disposal.ts";
import type { Server } from "./server.ts";

export interface DisposalArgs {
    readonly server: Server;
    readonly config: StagingConfig;
    /** RFC 3339. */
    readonly expiresAt: pulumi.Output<string>;
}

/**
 * The end of a staging server, arranged before anything is restored to it: at the stack's expiry it removes the
 * restored databases and the keys by itself, and so does `pulumi destroy` where the machine stays. A machine that the
 * stack made takes them with it, so a dead one does not keep the stack from being destroyed.
 */
export class Disposal extends pulumi.ComponentResource {
    constructor(name: string, args: DisposalArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Disposal", name, {}, opts);
        const { server, config } = args;
        const { dataDir } = config.fleet;
        const disposal = args.expiresAt.apply((expiresAt) => ({
            dataDir,
            expiresAt,
            lifetimeMinutes: config.lifetimeMinutes,
            powersOff: config.server.kind !== "ssh",
        }));
        new command.remote.Command(
            `${name}-wipe`,
            {
                // A server that is gone must not keep a destroy waiting for minutes.
                connection: server.connection.apply((connection) => ({ ...connection, dialErrorLimit: 3 })),
                create: disposal.apply(disposalScript),
                update: disposal.apply(timerScript),
                delete: disposeScript(dataDir),
                triggers: [server.instance],
                addPreviousOutputInEnv: false,
            },
            { parent: this, deleteBeforeReplace: true, ...server.remote },
        );
        this.registerOutputs({});
    }
}
