import { SlotkeeperError } from "../../scripts/errors.ts";

/** What a binary is built for, in Node's words. */
export interface Platform {
    os: "linux" | "darwin";
    arch: "x64" | "arm64";
}

/** The platform of this machine; refuses one for which the toolchain has no tools. */
export function thisPlatform(os: string = process.platform, arch: string = process.arch): Platform {
    if ((os === "linux" || os === "darwin") && (arch === "x64" || arch === "arm64")) return { os, arch };
    throw new SlotkeeperError(
        "usage",
        `Slotkeeper's tools do not run on ${os} ${arch}`,
        "use Linux or macOS on x64 or arm64",
    );
}
