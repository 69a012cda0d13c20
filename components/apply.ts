import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { generationOf } from "./drift.ts";
import { asRoot, commandLine } from "./render/shell.ts";
import type { Server } from "./server.ts";

/** Files and units as `slotkeeper apply` takes them (scripts/commands/apply.ts). */
export interface Desired {
    readonly files: readonly {
        readonly path: string;
        readonly mode: string;
        readonly owner?: string;
        readonly content: string;
    }[];
    /** Symbolic links, each switched in one rename. */
    readonly links?: readonly { readonly path: string; readonly target: string }[];
    readonly units?: {
        readonly enable?: readonly string[];
        /** Left running as they are when they run already. */
        readonly start?: readonly string[];
        readonly restartOnChange?: readonly string[];
        /** Litestream's writers: stopped while one of `start`, which are then its daemons, is started. */
        readonly hold?: readonly string[];
    };
    /** Where a unit does not stay up: goes back to what was applied last and did. */
    readonly rollBack?: boolean;
}

/**
 * Brings files and units of a server to a desired state, again when they have drifted from it. The contents travel by
 * stdin alone: they may hold secrets, so neither the command line nor the output ever shows them.
 * @param name of the resource, under which the server remembers what was applied: letters, digits, - and _.
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
            create: pulumi.all([server.address, generationOf(server, name)]).apply(([{ user }, generation]) => {
                const apply = ["/opt/slotkeeper/current/bin/slotkeeper", "apply", "--name", name];
                return asRoot(user, commandLine([...apply, "--generation", generation]));
            }),
            stdin: pulumi.jsonStringify(desired),
            triggers: [server.instance],
            addPreviousOutputInEnv: false,
        },
        { ...opts, ...server.remote },
    );
}
