import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

const argv = z.array(z.string().min(1)).min(1);
const bucketName = z.string().regex(/^(?!b2-)[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/, {
    // B2's rules are the strictest of the backends: no dots or underscores, 6 to 63 characters, not "b2-…".
    error: "must be 6 to 63 lower-case letters, digits and hyphens, and must not start with b2-",
});

const storage = z.strictObject({
    backend: z.literal("s3-compatible"),
    endpoint: z.url({ protocol: /^https?$/, error: "must be a URL such as https://s3.us-west-004.backblazeb2.com" }),
    region: z.string().min(1),
    replicaBucket: bucketName,
    snapshotBucket: bucketName,
    /** The accounts that the bucket policy lets in; absent where keys carry their own limits (B2). */
    accounts: z.strictObject({ writer: z.string().min(1), reader: z.string().min(1) }).optional(),
});

const server = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("ssh"),
        host: z.string().min(1),
        port: z.number().int().min(1).max(65535).default(22),
        user: z.string().min(1).default("root"),
        hostKey: z.string().regex(/^(ssh-|ecdsa-)\S+ \S+/, "must be a public key: ssh-ed25519 AAAA…"),
    }),
    z.strictObject({
        kind: z.literal("command"),
        /** Makes the machine; prints {"host", "port", "user", "hostKey"} as JSON. */
        create: argv,
        /** Removes it; must succeed when there is nothing left to remove. */
        delete: argv,
    }),
]);

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
    catalogQuery: z.string().min(1).default("SELECT id FROM slots WHERE active = 1"),
    digest: z.boolean().default(false),
    probes: z
        .strictObject({ global: z.array(probe).default([]), slot: z.array(probe).default([]) })
        .default({ global: [], slot: [] }),
});

const shared = {
    /** Says that all this stack makes is a drill's: only then may a destroy empty its buckets. */
    drill: z.boolean().default(false),
    server,
    app: app.optional(),
    fleet: fleet.prefault({}),
    restoreConcurrency: z.number().int().min(1).max(64).default(4),
};
const production = z
    .strictObject({
        role: z.literal("production"),
        rpoSeconds: z.number().int().min(3, "Litestream cannot promise less than 3").max(3600).default(15),
        storage,
        ...shared,
    })
    .superRefine(({ drill, storage: buckets }, context) => {
        for (const key of ["replicaBucket", "snapshotBucket"] as const) {
            if (!drill || buckets[key].startsWith("drill-")) continue;
            const message = `must start with "drill-" where slotkeeper:drill is true: a drill empties its buckets`;
            context.addIssue({ code: "custom", path: ["storage", key], message });
        }
    });
const schema = z.discriminatedUnion("role", [
    production,
    z.strictObject({
        role: z.literal("staging"),
        /** The production stack whose backups are restored, as organization/project/stack. */
        production: z.string().min(1),
        ...shared,
    }),
]);

const secretKeys = [
    "storageAdminKeyId",
    "storageAdminSecret",
    "serverKeyId",
    "serverSecret",
    "sshPrivateKey",
    "appToken",
];

/** A stack's configuration, parsed; secrets are not in it (they are read where they are used). */
export type StackConfig = z.infer<typeof schema>;
/** Where backups are kept, as production states it. */
export type StorageConfig = z.infer<typeof storage>;
export type ServerConfig = z.infer<typeof server>;
export type AppConfig = z.infer<typeof app>;

/**
 * Parses every `slotkeeper:` key of a stack. Unknown keys and wrong values are refused.
 * @param raw key (with namespace) → value as Pulumi holds it: text, objects as JSON.
 * @throws pulumi.RunError that names each key, its value and what is expected.
 */
export function parseConfig(raw: Readonly<Record<string, string>>): StackConfig {
    const values = Object.entries(raw)
        .filter(([key]) => key.startsWith("slotkeeper:"))
        .map(([key, value]) => [key.slice("slotkeeper:".length), value] as const)
        .filter(([key]) => !secretKeys.includes(key))
        .map(([key, value]) => [key, parseValue(value)]);
    const parsed = schema.safeParse(Object.fromEntries(values));
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `  slotkeeper:${describe(issue, Object.fromEntries(values))}`);
    throw new pulumi.RunError(
        `The stack's configuration cannot be used:\n${problems.join("\n")}\nCorrect it with \`pulumi config set\` or in the stack's YAML file.`,
    );
}

/** The configuration of the stack that is running. */
export function loadConfig(): StackConfig {
    return parseConfig(pulumi.runtime.allConfig());
}

/** One secret of the stack, by its key without namespace. */
export function secret(
    key: "storageAdminKeyId" | "storageAdminSecret" | "serverKeyId" | "serverSecret" | "sshPrivateKey" | "appToken",
) {
    return new pulumi.Config("slotkeeper").requireSecret(key);
}

function parseValue(text: string): unknown {
    if (/^(true|false|-?\d+|[[{].*)$/s.test(text)) {
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
