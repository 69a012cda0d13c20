/** The first version that a tool's output names (`v3.259.0`, `Version  : 1.8.0`); undefined for none or a pre-release. */
export function parseVersion(output: string): string | undefined {
    const match = /(?<![\w.])v?(\d+\.\d+\.\d+)(?![\w.+-])/.exec(output);
    return match?.[1];
}

/**
 * Whether `version` can stand in for the pinned one: not older, and of the same major version (below 1.0: of the same
 * minor version, which is what may break its formats then).
 */
export function isNewEnough(version: string, pinned: string): boolean {
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    const [pinnedMajor = 0, pinnedMinor = 0, pinnedPatch = 0] = pinned.split(".").map(Number);
    if (major !== pinnedMajor) return false;
    if (minor !== pinnedMinor) return major > 0 && minor > pinnedMinor;
    return patch >= pinnedPatch;
}
