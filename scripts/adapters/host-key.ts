import type { ConnectConfig, ServerHostKeyAlgorithm } from "ssh2";
import ssh2 from "ssh2";

/**
 * What makes ssh2 take a server only with its pinned key. A server may hold several keys, so only the pinned one's kind
 * is asked for.
 * @param hostKey OpenSSH public key.
 * @throws Error that says why it is no key.
 */
export function pinned(hostKey: string): Pick<ConnectConfig, "algorithms" | "hostVerifier"> {
    const expected = ssh2.utils.parseKey(hostKey);
    if (expected instanceof Error) throw new Error(`failed to parse host key: ${expected.message}`);
    const kinds = expected.type === "ssh-rsa" ? (["rsa-sha2-512", "rsa-sha2-256"] as const) : [expected.type];
    return {
        algorithms: { serverHostKey: kinds as ServerHostKeyAlgorithm[] },
        hostVerifier: (offered: Buffer) => offered.equals(expected.getPublicSSH()),
    };
}
