import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { commandLine } from "./render/shell.ts";

/** The name of the resource whose stdout is the time: what a drill that finds a leftover looks for in the state. */
export const expiryResource = "expiry-time";

/**
 * When a staging stack is over: the moment of its making plus its lifetime. It is in the state before anything that
 * could be left behind is made, and no later `up` moves it.
 */
export class Expiry extends pulumi.ComponentResource {
    /** RFC 3339 in UTC. */
    readonly expiresAt: pulumi.Output<string>;

    constructor(args: { readonly lifetimeMinutes: number }, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Expiry", "expiry", {}, opts);
        const program = `console.log(new Date(Date.now() + ${args.lifetimeMinutes * 60_000}).toISOString())`;
        const time = new command.local.Command(
            expiryResource,
            { create: commandLine([process.execPath, "-e", program]), update: `printf %s "$PULUMI_COMMAND_STDOUT"` },
            { parent: this, ignoreChanges: ["create", "update"] },
        );
        this.expiresAt = time.stdout.apply((text) => text.trim());
        this.registerOutputs({ expiresAt: this.expiresAt });
    }
}
