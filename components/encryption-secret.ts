import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ProductionConfig } from "./config.ts";
import { type Encryption, type EncryptionIdentity, encryptionSchema } from "./outputs.ts";
import { ownOutputs } from "./own-outputs.ts";
import { ageIdentity, ageRecipient, gpgPassphrase } from "./render/snapshot-secret.ts";

export interface EncryptionSecretArgs {
    readonly encryption: ProductionConfig["encryption"];
    /** True only in a drill: the secrets then go with the stack. */
    readonly disposable: boolean;
}

/** What a server encrypts its snapshots with; for age there is nothing secret in it. */
export type SnapshotKey =
    { readonly method: "age"; readonly recipient: string } | { readonly method: "gpg"; readonly passphrase: string };

/**
 * What snapshots are encrypted with: one secret for each generation, the newest for new snapshots, all of them kept so
 * that old ones stay readable. Losing or replacing one makes its snapshots unreadable, so outside a drill each is
 * protected, kept on destroy, and never regenerated.
 */
export class EncryptionSecret extends pulumi.ComponentResource {
    /** Method, recipient and generation of new snapshots; not secret. */
    readonly encryption: pulumi.Output<Encryption>;
    /** Secret: what decrypts snapshots, newest generation first. For recovery alone; no server gets them. */
    readonly identities: pulumi.Output<EncryptionIdentity[]>;
    /** What the server gets; secret where it holds a passphrase. */
    readonly serverKey: pulumi.Output<SnapshotKey>;

    constructor(name: string, args: EncryptionSecretArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:EncryptionSecret", name, {}, opts);
        const { method, generation } = args.encryption;
        const passwords = Array.from({ length: generation }, (_, index) =>
            // The first generation has the name it had when it was the only one.
            this.password(index === 0 ? `${name}-password` : `${name}-password-${index + 1}`, args.disposable),
        );
        this.identities = pulumi.secret(
            pulumi
                .all(passwords)
                .apply((values) => values.map((value, index) => identityOf(value, index + 1)).reverse()),
        );
        const newest = this.identities.apply(([first]) => {
            if (first === undefined) throw new Error("no generation");
            return first;
        });
        // Public by nature: a recipient encrypts, and decrypts nothing.
        const recipient = pulumi.unsecret(newest.apply(({ identity }) => ageRecipient(identity)));
        this.encryption = recipient.apply((to) => ({ method, recipient: method === "age" ? to : null, generation }));
        this.serverKey =
            method === "age"
                ? recipient.apply((to) => ({ method, recipient: to }))
                : newest.apply(({ passphrase }) => ({ method, passphrase }));
        this.registerOutputs({ encryption: this.encryption });
    }

    /** 64 letters and digits, more than 256 bits of chance. */
    private password(name: string, disposable: boolean): pulumi.Output<string> {
        // Not RandomBytes: the plugin makes the bytes themselves its resource's id, and Pulumi keeps ids in clear in the
        // state (computeRandomBytesID in pulumi/pulumi-random). A RandomPassword's id is "none".
        const password = new random.RandomPassword(
            name,
            { length: 64, special: false },
            { parent: this, protect: !disposable, retainOnDelete: !disposable, ignoreChanges: ["*"] },
        );
        return pulumi.secret(password.result);
    }
}

/**
 * Lets no generation be left out that this stack has made: the snapshots of it could no longer be read.
 * @throws pulumi.RunError that names both numbers.
 */
export async function requireEveryGeneration({ generation }: ProductionConfig["encryption"]): Promise<void> {
    const made = encryptionSchema.safeParse((await ownOutputs())?.["encryption"]).data?.generation ?? 0;
    if (generation >= made) return;
    throw new pulumi.RunError(
        `slotkeeper:encryption generation is ${generation}, and this stack has made ${made}: without the later ones the ` +
            `snapshots that they encrypted cannot be read. Set it to ${made}, or higher for a new secret (docs/encryption.md)`,
    );
}

function identityOf(password: string, generation: number): EncryptionIdentity {
    return { generation, identity: ageIdentity(password), passphrase: gpgPassphrase(password) };
}
