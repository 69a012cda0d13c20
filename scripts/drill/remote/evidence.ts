import type { FleetVerdict } from "../../../components/outputs.ts";
import type { FleetResult } from "../../fleet/result.ts";
import type { AppReply } from "./ask-app.ts";
import type { Asked, Replicated } from "./production-view.ts";

/** All that the verdict of a drill of production's backups is made from; the verdict itself looks at nothing else. */
export interface RemoteEvidence {
    readonly rpoSeconds: number;
    /** Epoch ms at which a new server was asked for: as if the old one had been lost then. */
    readonly startedAt: number;
    /** Epoch ms at which everything was restored, verified and the app answered; null when that never came. */
    readonly recoveredAt: number | null;
    /** What the recovery on the staging server wrote down; null when it left nothing. */
    readonly result: FleetResult | null;
    /** What staging's own verification says; null when it could not be asked. */
    readonly verified: FleetVerdict | null;
    readonly production: Asked;
    /** What production's Litestream replicated after the restore; null when it was not asked. */
    readonly replicatedAfter: Replicated | null;
    /** Null where no app runs. */
    readonly app: AppReply | null;
    /** What the object store said to a write with the recovery key; null when it was not asked. */
    readonly readerWrite: { readonly refused: boolean; readonly answer: string } | null;
}
