import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { SlotkeeperError } from "../../scripts/errors.ts";
import { prefixLength } from "../subnet.ts";

/** What makes a machine differ from its image. */
export interface Identity {
    name: string;
    address: string;
    /** One public key in OpenSSH's format, the only one that may log in (as root). */
    authorizedKey: string;
}

/** Refuses an address or a key that would put something else than itself into a machine's files. */
export function requireIdentity({ address, authorizedKey }: Identity): void {
    if (!isIPv4(address)) {
        throw new SlotkeeperError(
            "usage",
            `${JSON.stringify(address)} is no IPv4 address`,
            "give one of the run's network",
        );
    }
    if (!/^(ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/]+=*( [^\n\r]*)?$/.test(authorizedKey)) {
        throw new SlotkeeperError(
            "usage",
            "the authorized key is not one OpenSSH public key",
            "give one line: ssh-ed25519 AAAA…",
        );
    }
}

/** The first number after the stock files' 80-container-host0.network would lose to them. */
const networkFile = "etc/systemd/network/10-host0.network";

const networkText = (address: string) =>
    `[Match]\nName=host0\n\n[Network]\nAddress=${address}/${prefixLength}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`;

/** Writes name, address, machine id, host key and login key into a mounted disk; returns the public host key. */
export async function writeIdentity(root: string, identity: Identity): Promise<string> {
    const key = join(root, "etc/ssh/ssh_host_ed25519_key");
    await Promise.all([
        rm(key, { force: true }),
        rm(`${key}.pub`, { force: true }),
        mkdir(join(root, "root/.ssh"), { recursive: true, mode: 0o700 }),
    ]);
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
    await Promise.all([
        writeFile(join(root, "etc/hostname"), `${identity.name}\n`),
        writeFile(join(root, "etc/hosts"), `127.0.0.1 localhost\n127.0.1.1 ${identity.name}\n`),
        writeFile(join(root, "etc/machine-id"), `${randomBytes(16).toString("hex")}\n`),
        writeFile(join(root, networkFile), networkText(identity.address)),
        writeFile(join(root, "root/.ssh/authorized_keys"), `${identity.authorizedKey}\n`, { mode: 0o600 }),
    ]);
    const [type, body] = (await readFile(`${key}.pub`, "utf8")).split(" ");
    if (type === undefined || body === undefined) throw new Error(`ssh-keygen wrote no public key to ${key}.pub`);
    return `${type} ${body.trim()}`;
}
