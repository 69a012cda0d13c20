import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { costSchema, rpoSecondsSchema } from "./config/cost.ts";
import { placeholder, secretKeys, secretProblems } from "./config/secrets.ts";
import { serverSchema } from "./config/server.ts";
import { storageSchema } from "./config/storage.ts";
import { DEFAULT_CATALOG_QUERY } from "./fleet-settings.ts";

const argv = z.array(z.string().min(1)).min(1);
const probe = z.strictObject({ name: z.string().min(1), sql: z.string().min(1) });

const app = z.strictObject({
    /** tar.gz with the app; unpacked to /opt/app/current. */
    archive: z.string().min(1),
    /** Run as the app's user after a recovery and before replication: migrations, first data. It may be run again. */
    prepare: argv.optional(),
    /** The service; absent where there is nothing to run. */
    serve: argv.optional(),
    port: z.number().int().min(1).max(65535).default(3000),
});

const fleet = z.strictObject({
    dataDir: z.string().startsWith("/", "must be an absolute path").default("/app/data"),
    catalogQuery: z.string().min(1).default(DEFAULT_CATALOG_QUERY),
    digest: z.boolean().default(false),
    probes: z
        .strictObject({ global: z.array(probe).default([]), slot: z.array(probe).default([]) })
        .default({ global: [], slot: [] }),
});

const shared = {
    /** Says that all this stack makes is a drill's: only then may a destroy empty its buckets. */
    drill: z.boolean().default(false),
    rpoSeconds: rpoSecondsSchema,
    server: serverSchema,
    app: app.optional(),
    fleet: fleet.prefault({}),
    restoreConcurrency: z.number().int().min(1).max(64).default(4),
};

const production = z
    .strictObject({
        role: z.literal("production"),
        storage: storageSchema,
        /** What snapshots are encrypted with. A higher generation makes another secret; older ones stay readable. */
        encryption: z
            .strictObject({
                method: z.enum(["age", "gpg"]).default("age"),
                generation: z.number().int().min(1).max(100).default(1),
            })
            .prefault({}),
        /** What the month's estimate is made from; `slotkeeper cost` explains it. */
        cost: costSchema.prefault({}),
        ...shared,
    })
    .superRefine(({ drill, storage }, context) => {
        const refuse = (key: string, message: string) => {
            context.addIssue({ code: "custom", path: ["storage", key], message });
        };
        if (storage.replicaBucket === storage.snapshotBucket)
            refuse("snapshotBucket", "must be another bucket than replicaBucket: the second line of defence");
        if (!drill && storage.backend === "b2" && storage.endpoint !== undefined)
            refuse("endpoint", `is B2's own; for another store use backend: "s3-compatible"`);
        if (!drill) return;
        for (const key of ["replicaBucket", "snapshotBucket"] as const)
            if (!storage[key].startsWith("drill-"))
                refuse(key, `must start with "drill-" where slotkeeper:drill is true: a drill empties its buckets`);
        if (storage.snapshotLock !== undefined)
            refuse("snapshotLock", "cannot be where slotkeeper:drill is true: a locked bucket cannot be removed");
    });

const staging = z
    .strictObject({
        role: z.literal("staging"),
        /** The production stack whose backups are restored: its name, or organization/project/stack. */
        production: z.string().min(1),
        /** Minutes after which the server ends itself, whatever became of the drill. */
        lifetimeMinutes: z.number().int().min(15).max(1440).default(120),
        /** Whether a restored database that fails its checks fails `pulumi up`, or is only reported. */
        failedCheck: z.enum(["fail", "report"]).default("fail"),
        ...shared,
    })
    .superRefine(({ drill, server }, context) => {
        if (server.kind === "ec2" && server.dns !== undefined) {
            const message = "cannot be in staging: it would send production's users to a drill";
            context.addIssue({ code: "custom", path: ["server", "dns"], message });
        }
        if (drill) return;
        const message = "must be true for staging: all that it makes is a drill's, and is destroyed";
        context.addIssue({ code: "custom", path: ["drill"], message });
    });

const schema = z.discriminatedUnion("role", [production, staging], { error: 'must be "production" or "staging"' });

/** A stack's configuration, parsed; secrets are not in it (they are read where they are used). */
export type StackConfig = z.infer<typeof schema>;
export type ProductionConfig = z.infer<typeof production>;
export type StagingConfig = z.infer<typeof staging>;
export type AppConfig = z.infer<typeof app>;

/**
 * Parses every `slotkeeper:` key of a stack but its secrets. Unknown keys and wrong values are refused.
 * @param raw key (with namespace) → value as Pulumi holds it: text, objects as JSON.
 * @throws pulumi.RunError that names each key, its value and what is expected.
 */
export function parseConfig(raw: Readonly<Record<string, string>>): StackConfig {
    const values = Object.fromEntries(
        Object.entries(raw)
            .filter(([key]) => key.startsWith("slotkeeper:"))
            .map(([key, value]) => [key.slice("slotkeeper:".length), value] as const)
            .filter(([key]) => !Object.hasOwn(secretKeys, key))
            .map(([key, value]) => [key, parseValue(value)]),
    );
    const parsed = schema.safeParse(values);
    if (!parsed.success) refuse(parsed.error.issues.map((issue) => describe(issue, values)));
    return parsed.data;
}

/**
 * The configuration of the stack that is running, its secrets checked.
 * @throws pulumi.RunError as parseConfig; also for a missing secret, and at an `up` for one that is still a placeholder.
 */
export function loadConfig(): StackConfig {
    const raw = pulumi.runtime.allConfig();
    const config = parseConfig(raw);
    const problems = secretProblems(config, raw, pulumi.runtime.isDryRun());
    if (problems.length > 0) refuse(problems);
    const dummies = Object.keys(secretKeys).filter((key) => raw[`slotkeeper:${key}`] === placeholder);
    if (dummies.length > 0)
        void pulumi.log.warn(`still placeholders, to be set before \`up\` (docs/keys.md): ${dummies.map((key) => `slotkeeper:${key}`).join(", ")}`); // prettier-ignore
    return config;
}

function refuse(problems: readonly string[]): never {
    throw new pulumi.RunError(
        `The stack's configuration cannot be used:\n${problems.map((problem) => `  slotkeeper:${problem}`).join("\n")}\n` +
            "Correct it with `pulumi config set` or in the stack's YAML file; docs/configuration.md has every key.",
    );
}

function parseValue(text: string): unknown {
    if (/^(true|false|-?\d+(\.\d+)?|[[{].*)$/s.test(text)) {
        try {
            return JSON.parse(text);
        } catch {
            return text;
        }
    }
    return text;
}

/** Only single values of known keys are shown: an unknown key may be a secret's, misspelt, and an object may hold one. */
function describe(issue: z.core.$ZodIssue, values: unknown): string {
    const value = issue.path.reduce<unknown>(
        (at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
        values,
    );
    const key = issue.path.join(".");
    if (value === undefined) return `${key} is not set: ${issue.message}`;
    return typeof value === "object"
        ? `${key}: ${issue.message}`
        : `${key} is ${JSON.stringify(value)}: ${issue.message}`;
}
