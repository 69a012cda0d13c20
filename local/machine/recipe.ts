import { createHash } from "node:crypto";

/** What the base image of a machine is made of; its hash names the image in the cache. */
export interface Recipe {
    suite: string;
    mirror: string;
    packages: string[];
    /** Units to start at boot. */
    enabled: string[];
    /** Units that a machine of a few minutes has no use for. */
    masked: string[];
    /** Text files to write: path below the root, and content. */
    files: Record<string, string>;
    /** What to remove from the image, as it would be the same in every machine or is only there for apt. */
    removed: string[];
}

const sshdConfig = `# A machine of Slotkeeper: root logs in with the one key that it was made for.
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
# Logging in must not wait for logind or for a name server.
UsePAM no
UseDNS no
MaxStartups 100
MaxSessions 100
`;

const journaldConfig = `[Journal]
SystemMaxUse=64M
RateLimitIntervalSec=0
`;

/** Debian 12 with systemd and sshd, and nothing that talks to the internet by itself. */
export function baseRecipe(mirror: string): Recipe {
    return {
        suite: "bookworm",
        mirror,
        packages: ["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "iproute2", "ca-certificates"],
        enabled: ["systemd-networkd.service", "ssh.service"],
        masked: [
            "apt-daily.timer",
            "apt-daily-upgrade.timer",
            "dpkg-db-backup.timer",
            "e2scrub_all.timer",
            "e2scrub_reap.service",
            "fstrim.timer",
            "systemd-networkd-wait-online.service",
            "systemd-pstore.service",
            "console-getty.service",
            "getty.target",
            "remote-fs.target",
        ],
        files: {
            "etc/ssh/sshd_config.d/10-slotkeeper.conf": sshdConfig,
            "etc/systemd/journald.conf.d/10-slotkeeper.conf": journaldConfig,
            "etc/machine-id": "",
            "etc/hostname": "machine\n",
            "etc/resolv.conf": "",
        },
        removed: [
            "etc/ssh/ssh_host_ecdsa_key",
            "etc/ssh/ssh_host_ecdsa_key.pub",
            "etc/ssh/ssh_host_ed25519_key",
            "etc/ssh/ssh_host_ed25519_key.pub",
            "etc/ssh/ssh_host_rsa_key",
            "etc/ssh/ssh_host_rsa_key.pub",
            "var/lib/dbus/machine-id",
            "var/lib/systemd/random-seed",
            "var/cache/apt",
            "var/lib/apt/lists",
            "var/log/bootstrap.log",
        ],
    };
}

/** The name of the image of a recipe: the same for the same recipe and processor only. */
export function recipeHash(recipe: Recipe, arch: string): string {
    return createHash("sha256").update(JSON.stringify({ recipe, arch })).digest("hex").slice(0, 16);
}
