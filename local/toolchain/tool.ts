/** The tools that Slotkeeper drives and does not write. */
export type ToolName = "pulumi" | "litestream" | "versitygw";

/** A tool that is there and ready to run. */
export interface Tool {
    name: ToolName;
    /** Without a leading "v". */
    version: string;
    /** Absolute path of the executable. */
    path: string;
    /** How it was first obtained; `cached` tells whether an earlier run did that. */
    source: "PATH" | "download" | "go build";
    cached: boolean;
}

/** All tools of a run on this machine. */
export type Toolchain = Record<ToolName, Tool>;
