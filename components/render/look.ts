import { z } from "zod";

/** What `slotkeeper drift --json` prints on a server. */
export const driftSchema = z.object({
    /** By the name under which it was applied. */
    applied: z.record(
        z.string(),
        z.object({
            /** What it was applied as. */
            generation: z.string(),
            /** What is no longer as it was left, in words: paths and names, never contents. */
            drifted: z.array(z.string()),
        }),
    ),
});

/** See {@link driftSchema}. */
export type DriftReport = z.infer<typeof driftSchema>;

/** What a look at a server found, as `slotkeeper look` prints it. */
export const lookSchema = z.discriminatedUnion("kind", [
    driftSchema.extend({ kind: z.literal("looked") }),
    /** Nothing was ever applied to it. */
    z.object({ kind: z.literal("fresh") }),
    /** Something was applied, but the program there does not run. */
    z.object({ kind: z.literal("broken"), why: z.string() }),
    z.object({ kind: z.literal("unreachable"), why: z.string() }),
]);

/** See {@link lookSchema}. */
export type Look = z.infer<typeof lookSchema>;

/** Where a server keeps what was applied to it, one file a name. */
export const appliedFolder = "/var/lib/slotkeeper/applied";

/** Shell that compares a server with what was applied to it; it prints `fresh` where that is nothing. */
export const lookScript = `[ -d ${appliedFolder} ] || { echo fresh; exit 0; }
exec timeout 30 /opt/slotkeeper/current/bin/slotkeeper drift --json
`;
