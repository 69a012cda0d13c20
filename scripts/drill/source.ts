import type { BaselineDatabase } from "./evidence.ts";
import type { Fleet } from "./stack-config.ts";

/** The fleet that is drilled, and, where it is a copy, what each database must come back as. */
export interface Source {
    readonly fleet: Fleet;
    /** Null: ask production itself. */
    readonly originals: readonly BaselineDatabase[] | null;
}
