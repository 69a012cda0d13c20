import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { Network } from "../../local/network.ts";
import type { PluginSet } from "../../local/plugins/ensure.ts";
import type { Run } from "../../local/run.ts";
import type { Toolchain } from "../../local/toolchain/ensure.ts";
import type { SshTarget } from "../adapters/ssh.ts";
import type { Progress } from "../progress.ts";
import type { DrillPlan } from "./plan.ts";
import type { StackHome } from "./stacks.ts";

/** What every phase may say and must heed. */
export interface Conduct {
    readonly plan: DrillPlan;
    /** The drill's own lines, for people. */
    readonly progress: Progress;
    /** Aborts when a person or the system ends the drill. */
    readonly signal: AbortSignal;
}

/** What set-up found or made on this machine; it outlives the drill. */
export interface Workshop {
    readonly toolchain: Toolchain;
    readonly plugins: PluginSet;
    /** Folder of the machines' base image. */
    readonly image: string;
}

/** One account of the object store. */
export interface Account {
    readonly keyId: string;
    readonly secret: string;
}

/** Where a drill's backups go. */
export interface Store {
    readonly backend: DrillPlan["store"];
    readonly endpoint: string;
    readonly port: number;
    readonly region: string;
    /** JSON: how many requests came, as the backend bills them; null where nobody counts. */
    readonly countsFile: string | null;
}

/** What a drill makes for itself alone: all of it is gone afterwards. */
export interface Cloud {
    readonly run: Run;
    readonly network: Network;
    readonly store: Store;
    readonly accounts: { readonly admin: Account; readonly writer: Account; readonly reader: Account };
    /** `keyFile` holds the private key (0600), for people who log in. */
    readonly ssh: { readonly keyFile: string; readonly privateKey: string; readonly publicKey: string };
    readonly appToken: string;
    readonly buckets: { readonly replica: string; readonly snapshot: string };
    readonly stacks: StackHome;
}

/** A stack that is up, and how to reach its server. */
export interface Site {
    readonly stack: Stack;
    readonly server: SshTarget;
    /** Null where no app runs. */
    readonly appUrl: string | null;
}
