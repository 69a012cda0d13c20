import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface EncryptionSecretArgs {
    /** True only in a drill: the secret then goes with the stack. */
    readonly disposable: boolean;
}

/**
 * The 32 random bytes that snapshots are encrypted with. Losing or replacing them makes old snapshots unreadable,
 * so outside a drill they are protected, kept on destroy, and never regenerated.
 */
export class EncryptionSecret extends pulumi.ComponentResource {
    /** Base64; secret. */
    readonly base64: pulumi.Output<string>;

    constructor(name: string, args: EncryptionSecretArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:EncryptionSecret", name, {}, opts);
        const bytes = new random.RandomBytes(
            `${name}-bytes`,
            { length: 32 },
            {
                parent: this,
                protect: !args.disposable,
                retainOnDelete: !args.disposable,
                ignoreChanges: ["length", "keepers"],
            },
        );
        this.base64 = pulumi.secret(bytes.base64);
        this.registerOutputs({ base64: this.base64 });
    }
}
