import { SlotkeeperError } from "../../scripts/errors.ts";

/** Refuses where local machines cannot be made: they take Linux, and its root. */
export function requireLinuxRoot(
    platform: string = process.platform,
    uid: number | undefined = process.getuid?.(),
): void {
    if (platform !== "linux") {
        throw new SlotkeeperError(
            "usage",
            `machines of a local stack need Linux, and this is ${platform}`,
            "run it as root on Debian 12 or newer (a virtual machine will do)",
        );
    }
    if (uid !== 0) {
        throw new SlotkeeperError(
            "usage",
            "machines of a local stack need root, to make network bridges and mounts",
            'run the same command as root (with sudo: sudo env PATH="$PATH" npm run ...)',
        );
    }
}
