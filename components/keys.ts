import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Buckets } from "./buckets.ts";
import { optionalSecret, placeholder, type SecretKey } from "./config/secrets.ts";
import type { StorageConfig } from "./config/storage.ts";
import type { Location, StoreKey } from "./outputs.ts";
import { ownProgram } from "./own-program.ts";
import { b2KeyCommands } from "./render/b2-keys.ts";
import { holderPolicy } from "./render/least-privilege.ts";

export interface KeysArgs {
    readonly storage: StorageConfig;
    readonly buckets: Buckets;
    readonly disposable: boolean;
}

/**
 * Two keys for the two buckets: the server's, which writes and cannot destroy, and the recovery key, which lists and
 * reads. On AWS they are made here; elsewhere they are the stack's secrets. At each `up` both are tried before anything
 * gets them: a key that can do more, or less, than it must, fails the update.
 */
export class Keys extends pulumi.ComponentResource {
    /** Secret; resolves only when both keys have been tried. */
    readonly server: pulumi.Output<StoreKey>;
    /** Secret; resolves only when both keys have been tried. */
    readonly recovery: pulumi.Output<StoreKey>;

    constructor(name: string, args: KeysArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Keys", name, {}, opts);
        const { storage, buckets, disposable } = args;
        const make = (holder: "writer" | "reader"): pulumi.Output<StoreKey | null> =>
            storage.backend === "aws"
                ? this.iamKey(`${name}-${holder}`, holder, storage, buckets, disposable)
                : holder === "writer"
                  ? storeKey("serverKeyId", "serverSecret")
                  : storeKey("recoveryKeyId", "recoverySecret");
        const [writer, reader] = [make("writer"), make("reader")];
        const admin = adminKey();
        const tried = pulumi.all([buckets.location, writer, reader, admin]).apply(tryKeys);
        this.server = pulumi.secret(tried.apply(({ writer: key }) => key));
        this.recovery = pulumi.secret(tried.apply(({ reader: key }) => key));
        this.registerOutputs({});
    }

    private iamKey(
        name: string,
        holder: "writer" | "reader",
        storage: StorageConfig,
        { provider }: Buckets,
        disposable: boolean,
    ): pulumi.Output<StoreKey> {
        const options = { parent: this, provider };
        const user = new aws.iam.User(
            name,
            { name: `${storage.replicaBucket}-${holder}`, path: "/slotkeeper/", forceDestroy: disposable },
            options,
        );
        const policy = new aws.iam.UserPolicy(
            `${name}-policy`,
            { user: user.name, policy: holderPolicy(holder, [storage.replicaBucket, storage.snapshotBucket]) },
            options,
        );
        const key = new aws.iam.AccessKey(`${name}-key`, { user: user.name }, { ...options, dependsOn: policy });
        return pulumi.all([key.id, key.secret]).apply(([keyId, value]) => ({ keyId, secret: value }));
    }
}

/** A key of the stack's secrets; null where it is not set yet. */
function storeKey(id: SecretKey, value: SecretKey): pulumi.Output<StoreKey | null> {
    const [keyId, found] = [optionalSecret(id), optionalSecret(value)];
    if (keyId === undefined || found === undefined) return pulumi.output(null);
    return pulumi
        .all([keyId, found])
        .apply(([name, text]) => (name === placeholder ? null : { keyId: name, secret: text }));
}

/** The provisioner's key, for removing what the trial left; null where the environment holds it. */
const adminKey = () => storeKey("storageAdminKeyId", "storageAdminSecret");

interface StoreKeys {
    readonly writer: StoreKey;
    readonly reader: StoreKey;
}

/** For a preview, in which nobody gets them. */
const notYet: StoreKey = { keyId: placeholder, secret: placeholder };

/** Tries both keys on both buckets; not in a preview, for the buckets may not be there yet. */
async function tryKeys([location, writer, reader, admin]: [
    Location,
    StoreKey | null,
    StoreKey | null,
    StoreKey | null,
]): Promise<StoreKeys> {
    if (pulumi.runtime.isDryRun()) return { writer: writer ?? notYet, reader: reader ?? notYet };
    if (writer === null || reader === null) throw new pulumi.RunError(b2KeyCommands(location, writer, reader));
    await ownProgram(["keys", "check"], JSON.stringify({ location, writer, reader, admin }));
    return { writer, reader };
}
