import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface EncryptionSecretArgs {
    /** True only in a drill: the secret then goes with the stack. */
    readonly disposable: boolean;
}

/**
 * What snapshots are encrypted with: 64 letters and digits, more than 256 bits of chance. Losing or replacing it makes
 * old snapshots unreadable, so outside a drill it is protected, kept on destroy, and never regenerated.
 */
export class EncryptionSecret extends pulumi.ComponentResource {
    /** Secret. */
    readonly value: pulumi.Output<string>;

    constructor(name: string, args: EncryptionSecretArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:EncryptionSecret", name, {}, opts);
        // Not RandomBytes: the plugin makes the bytes themselves its resource's id, and Pulumi keeps ids in clear in the
        // state (computeRandomBytesID in pulumi/pulumi-random). A RandomPassword's id is "none".
        const password = new random.RandomPassword(
            `${name}-password`,
            { length: 64, special: false },
            {
                parent: this,
                protect: !args.disposable,
                retainOnDelete: !args.disposable,
                ignoreChanges: ["*"],
            },
        );
        this.value = pulumi.secret(password.result);
        this.registerOutputs({ value: this.value });
    }
}
