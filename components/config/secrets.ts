import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config.ts";

/** Every secret of a stack, and what it is: for messages and docs. */
export const secretKeys = {
    storageAdminKeyId: "the id of the key that makes buckets (the provisioner's)",
    storageAdminSecret: "the secret of the provisioner's key",
    serverKeyId: "the id of the server's key, which writes backups and cannot destroy them",
    serverSecret: "the secret of the server's key",
    recoveryKeyId: "the id of the recovery key, which lists and reads backups",
    recoverySecret: "the secret of the recovery key",
    sshPrivateKey: "the private key that logs in to the server (OpenSSH or PEM, without passphrase)",
    appToken: "the token of the app's admin API",
} as const;

export type SecretKey = keyof typeof secretKeys;

/** What a stack file that is shared holds in a secret's place: enough for a preview, never for an `up`. */
export const placeholder = "placeholder";

/** One secret of the stack, by its key without namespace. */
export function secret(key: SecretKey): pulumi.Output<string> {
    return new pulumi.Config("slotkeeper").requireSecret(key);
}

/** As {@link secret}, where the stack may go without. */
export function optionalSecret(key: SecretKey): pulumi.Output<string> | undefined {
    return new pulumi.Config("slotkeeper").getSecret(key);
}

/** The secrets that a stack of this configuration cannot do without. */
export function neededSecrets(config: StackConfig): SecretKey[] {
    const needed: SecretKey[] = ["sshPrivateKey"];
    if (config.app !== undefined) needed.push("appToken");
    if (config.role === "production" && config.storage.backend !== "aws")
        needed.push("storageAdminKeyId", "storageAdminSecret");
    // On B2 a key can be restricted only to buckets that are there: the first `up` makes them, and then asks for the keys.
    if (config.role === "production" && config.storage.backend === "s3-compatible")
        needed.push("serverKeyId", "serverSecret", "recoveryKeyId", "recoverySecret");
    return needed;
}

/**
 * What is wrong with a stack's secrets, a line each; no line holds a secret.
 * @param raw key (with namespace) → value.
 * @param preview true where placeholders do.
 */
export function secretProblems(config: StackConfig, raw: Readonly<Record<string, string>>, preview: boolean): string[] {
    const value = (key: SecretKey) => raw[`slotkeeper:${key}`];
    const set = (key: SecretKey) => `: ${secretKeys[key]}. Set it: pulumi config set --secret slotkeeper:${key}`;
    const problems = neededSecrets(config).flatMap((key) => {
        if (value(key) === undefined) return [`${key} is not set${set(key)}`];
        return !preview && value(key) === placeholder ? [`${key} is still the placeholder${set(key)}`] : [];
    });
    for (const [id, key] of pairs)
        if ((value(id) === undefined) !== (value(key) === undefined))
            problems.push(`${id} and ${key} go together, and only one of them is set`);
    if (config.role === "production") problems.push(...keyProblems(config.storage.backend, value));
    return problems;
}

const pairs = [
    ["storageAdminKeyId", "storageAdminSecret"],
    ["serverKeyId", "serverSecret"],
    ["recoveryKeyId", "recoverySecret"],
] as const;

/** B2's master key id is the account's: twelve hex digits; those of application keys have 25 (docs/s3-compatible-app-keys). */
const b2MasterKeyId = /^[0-9a-f]{12}$/;

function keyProblems(backend: string, value: (key: SecretKey) => string | undefined): string[] {
    const problems: string[] = [];
    for (const key of ["storageAdminKeyId", "serverKeyId", "recoveryKeyId"] as const) {
        const id = value(key);
        // The id of a key is public; its secret is not.
        if (backend === "b2" && id !== undefined && b2MasterKeyId.test(id))
            problems.push(
                `${key} is ${JSON.stringify(id)}: that is B2's master key, which the S3 API refuses; make an application key (docs/keys.md)`,
            );
    }
    const ids = (["storageAdminKeyId", "serverKeyId", "recoveryKeyId"] as const).map(
        (key) => [key, value(key)] as const,
    );
    for (const [index, [key, id]] of ids.entries())
        for (const [other, same] of ids.slice(index + 1))
            if (id !== undefined && id === same && id !== placeholder)
                problems.push(
                    `${other} is ${JSON.stringify(id)}, the same key as ${key}: each needs a key of its own, that can do no more than it must (docs/keys.md)`,
                );
    return problems;
}
