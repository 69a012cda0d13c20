import { hkdfSync } from "node:crypto";
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";

/**
 * The age identity of a generation's password: always the same for the same password, for snapshots of any age depend on
 * it. HKDF-SHA256 without salt (RFC 5869), then age's own spelling of an X25519 identity (C2SP age.md).
 * @param password what Pulumi keeps: at least 256 bits of chance.
 * @returns AGE-SECRET-KEY-1….
 */
export function ageIdentity(password: string): string {
    return bech32.encodeFromBytes("AGE-SECRET-KEY-", derive(password, "slotkeeper snapshot age identity v1")).toUpperCase(); // prettier-ignore
}

/**
 * The gpg passphrase of a generation's password, in 64 hex digits. It is not the password itself: a server that knows
 * the one must not be able to make the age identity from it.
 */
export function gpgPassphrase(password: string): string {
    return derive(password, "slotkeeper snapshot gpg passphrase v1").toString("hex");
}

/**
 * Who may read what is encrypted to it: the public half of an age identity.
 * @throws for a text that is no age identity.
 */
export function ageRecipient(identity: string): Promise<string> {
    return identityToRecipient(identity);
}

function derive(password: string, info: string): Buffer {
    return Buffer.from(hkdfSync("sha256", password, "", info, 32));
}
