import { z } from "zod";

const octalMode = z.string().regex(/^0?[0-7]{3,4}$/, "must be an octal mode such as 0600");
const absolutePath = z.string().regex(/^\/[^\0\n]+$/, "must be an absolute path");
const unitName = z
    .string()
    .regex(/^[A-Za-z0-9:_.\\@-]+\.(service|timer|socket|path|target)$/, "must be a unit's full name");

const none = { enable: [], start: [], restartOnChange: [], hold: [] };

/** The wanted state of a server: what `slotkeeper apply` reads from stdin. */
export const desiredSchema = z.strictObject({
    files: z
        .array(
            z.strictObject({
                path: absolutePath,
                mode: octalMode.default("0600"),
                /** A user and its group of the same name, or "user:group"; root when absent. */
                owner: z
                    .string()
                    .regex(/^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$/)
                    .optional(),
                content: z.string(),
            }),
        )
        .default([]),
    /** Symbolic links, each switched in one rename. */
    links: z.array(z.strictObject({ path: absolutePath, target: z.string().min(1) })).default([]),
    units: z
        .strictObject({
            enable: z.array(unitName).default([]),
            start: z.array(unitName).default([]),
            /** Restarted instead of left running when a file of this apply has changed; they are started, too. */
            restartOnChange: z.array(unitName).default([]),
            /** Litestream's writers: stopped while one of `start`, which are then its daemons, is started. */
            hold: z.array(unitName).default([]),
        })
        .default(none),
    /** Where a unit does not stay up: goes back to what was applied last and did. */
    rollBack: z.boolean().default(false),
});

/** See {@link desiredSchema}. */
export type DesiredState = z.infer<typeof desiredSchema>;
