import * as pulumi from "@pulumi/pulumi";
import { optionalSecret } from "./config/secrets.ts";
import type { Location, StoreKey } from "./outputs.ts";

/** What staging knows of production: where its backups are, and the key that can only list and read them. */
export interface Production {
    readonly location: pulumi.Output<Location>;
    /** Secret. */
    readonly recoveryKey: pulumi.Output<StoreKey>;
}

/** Where a preview looks when production is not up yet: nowhere, but the plan can be shown. */
const unknownLocation: Location = {
    backend: "s3-compatible",
    endpoint: "https://unknown.invalid",
    region: "unknown",
    replicaBucket: "unknown",
    snapshotBucket: "unknown",
};

/**
 * Production as its own stack says. Staging owns none of it and never sees the key that writes.
 * @param stack production's stack: its name, or organization/project/stack.
 */
export function productionOf(stack: string): Production {
    const name = stack.includes("/") ? stack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
    const production = new pulumi.StackReference("production", { name });
    const read = <T>(key: string, preview: T) =>
        production.getOutput(key).apply((value: T | undefined): T => {
            if (value !== undefined) return value;
            if (pulumi.runtime.isDryRun()) {
                void pulumi.log.warn(`${name} is not up yet: its ${key} is not known, and \`up\` will refuse`);
                return preview;
            }
            throw new pulumi.RunError(`${name} has no output ${key}: bring it up first (pulumi up --stack ${stack})`);
        });
    const [keyId, secretKey] = [optionalSecret("recoveryKeyId"), optionalSecret("recoverySecret")];
    return {
        location: read("location", unknownLocation),
        recoveryKey: pulumi.secret(
            keyId === undefined || secretKey === undefined
                ? read<StoreKey>("recoveryKey", { keyId: "unknown", secret: "unknown" })
                : pulumi.all([keyId, secretKey]).apply(([id, value]) => ({ keyId: id, secret: value })),
        ),
    };
}
