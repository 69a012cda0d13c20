import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { alreadyRecovered, recoveryScript } from "./render/recovery.ts";
import type { Server } from "./server.ts";

export interface RecoveryArgs {
    readonly server: Server;
    /** True where there may be nothing to recover yet: a production whose replica is empty. */
    readonly mayBeNew: boolean;
    /** Folder of the databases on the server. */
    readonly dataDir: string;
}

/**
 * Scenario 3 on a fresh server: the global database, its catalog, every active slot, each verified. Where the databases
 * outlived the server, on a data volume, they are kept if they are as new as their replicas.
 * A slot that cannot be restored is in the result and stops no other; a global database that cannot be, fails the update.
 * Done once for each server: another SSH key or another version of the program restores nothing over live databases.
 */
export class Recovery extends pulumi.ComponentResource {
    /** What the recovery printed last: counts and time, in words. */
    readonly summary: pulumi.Output<string>;

    constructor(name: string, args: RecoveryArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Recovery", name, {}, opts);
        const restore = new command.remote.Command(
            `${name}-restore`,
            {
                connection: args.server.connection,
                create: args.server.asRoot(recoveryScript(args.mayBeNew, args.dataDir)),
                update: alreadyRecovered,
                triggers: [args.server.instance],
                addPreviousOutputInEnv: false,
            },
            { parent: this, ...args.server.remote },
        );
        this.summary = restore.stdout;
        this.registerOutputs({ summary: this.summary });
    }
}
