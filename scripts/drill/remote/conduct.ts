import type { Phases } from "../phases.ts";
import type { DrillRecord } from "../record.ts";
import type { ReportFolder } from "../report-folder.ts";
import type { Claim } from "./owner.ts";
import type { RemotePlan } from "./plan.ts";
import type { StackFile } from "./stack-file.ts";
import type { StagingStack } from "./staging-stack.ts";

/** What every step of a drill of production's backups works with. */
export interface Conduct {
    readonly plan: RemotePlan;
    readonly file: StackFile;
    readonly stack: StagingStack;
    readonly claim: Claim;
    readonly phases: Phases;
    readonly record: DrillRecord;
    readonly report: ReportFolder;
    /** Aborts when a person or the system ends the drill. */
    readonly signal: AbortSignal;
}
