import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "ssh2";

/** What one attempt to reach sshd found: its host key (base64), or why it did not get that far. */
type Attempt = { hostKey: string } | { problem: string };

/** Does SSH's key exchange, looks at the host key, and hangs up before any login. */
function attempt(address: string): Promise<Attempt> {
    return new Promise((resolve) => {
        const client = new Client();
        const finish = (result: Attempt) => {
            resolve(result);
            client.destroy();
        };
        client.on("error", (error) => {
            finish({ problem: error.message });
        });
        client.on("close", () => {
            finish({ problem: "the connection was closed" });
        });
        client.connect({
            host: address,
            port: 22,
            username: "root",
            readyTimeout: 2_000,
            algorithms: { serverHostKey: ["ssh-ed25519"] },
            hostVerifier: (key: Buffer) => {
                finish({ hostKey: key.toString("base64") });
                return false;
            },
        });
    });
}

/**
 * Waits until sshd at `address` answers with this host key ("ssh-ed25519 AAAA…"). `giveUp` is asked between attempts
 * and ends the wait with the reason it returns. @throws with what the last attempt found, after `timeoutMs`.
 */
export async function waitForSshd(
    address: string,
    hostKey: string,
    timeoutMs: number,
    giveUp: () => string | undefined,
): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
        const result = await attempt(address);
        if ("hostKey" in result) {
            if (hostKey === `ssh-ed25519 ${result.hostKey}`) return;
            throw new Error(`another host answers at ${address}: its host key is not the one made for this machine`);
        }
        const reason = giveUp();
        if (reason !== undefined) throw new Error(reason);
        if (performance.now() > deadline) {
            throw new Error(`no SSH at ${address} after ${Math.round(timeoutMs / 1000)} s (${result.problem})`);
        }
        await sleep(50);
    }
}
