import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Server } from "./server.ts";

/** Files and units as `slotkeeper apply` takes them (scripts/commands/apply.ts). */
export interface Desired {
    readonly files: readonly {
        readonly path: string;
        readonly mode: string;
        readonly owner?: string;
        readonly content: string;
    }[];
    readonly units?: {
        readonly enable?: readonly string[];
        /** Left running as they are when they run already. */
        readonly start?: readonly string[];
        readonly restartOnChange?: readonly string[];
    };
}

/**
 * Brings files and units of a server to a desired state. The contents travel by stdin alone: they may hold secrets,
 * so neither the command line nor the output ever shows them.
 */
export function applied(
    name: string,
    server: Server,
    desired: pulumi.Input<Desired>,
    opts: pulumi.CustomResourceOptions,
): command.remote.Command {
    return new command.remote.Command(
        name,
        {
            connection: server.connection,
            create: "/opt/slotkeeper/current/bin/slotkeeper apply",
            stdin: pulumi.jsonStringify(desired),
            triggers: [server.instance],
            addPreviousOutputInEnv: false,
        },
        { ...opts, ...server.remote },
    );
}
