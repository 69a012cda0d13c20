import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type FleetVerdict, fleetVerdictSchema } from "./outputs.ts";
import { verificationScript } from "./render/verification.ts";
import type { Server } from "./server.ts";

export interface VerificationArgs {
    readonly server: Server;
    /** Whether a database that is not sound fails the update, or is only in the verdict. */
    readonly failedCheck: "fail" | "report";
}

/** The verification suite on a staging server, after everything that can be restored is: each failed database by name. */
export class Verification extends pulumi.ComponentResource {
    readonly verdict: pulumi.Output<FleetVerdict["verdict"]>;
    /** Counts and names; no row of any database. */
    readonly record: pulumi.Output<FleetVerdict>;

    constructor(name: string, args: VerificationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Verification", name, {}, opts);
        const suite = new command.remote.Command(
            `${name}-suite`,
            {
                connection: args.server.connection,
                create: args.server.asRoot(verificationScript(args.failedCheck === "fail")),
                triggers: [args.server.instance],
                addPreviousOutputInEnv: false,
            },
            { parent: this, ...args.server.remote },
        );
        this.record = suite.stdout.apply((text) => fleetVerdictSchema.parse(JSON.parse(text)));
        this.verdict = this.record.apply(({ verdict }) => verdict);
        this.registerOutputs({ verdict: this.verdict, record: this.record });
    }
}
