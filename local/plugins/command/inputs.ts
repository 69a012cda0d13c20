import { z } from "zod";
import type { Refusal } from "../provider/resource.ts";
import { hasUnknown, isObject, revealed, secret, type Props } from "../provider/wire.ts";

const endpointSchema = z.object({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(22),
    user: z.string().min(1).default("root"),
    password: z.string().optional(),
    privateKey: z.string().optional(),
    privateKeyPassword: z.string().optional(),
    agentSocketPath: z.string().optional(),
    /** "type base64 …", as in authorized_keys; without it any server is believed, as the official plugin does. */
    hostKey: z.string().optional(),
    /** Failed attempts before giving up; -1 never does. */
    dialErrorLimit: z.number().int().default(10),
    /** Seconds for one attempt; 0 for no limit. */
    perDialTimeout: z.number().int().default(15),
});

/** How to reach a machine over SSH, with the official plugin's defaults; `proxy` is a jump host. */
export const connectionSchema = endpointSchema.extend({ proxy: endpointSchema.optional() });

export type Endpoint = z.infer<typeof endpointSchema>;
export type Connection = z.infer<typeof connectionSchema>;

/** What local and remote commands have in common. */
export const commandSchema = z.object({
    create: z.string().optional(),
    update: z.string().optional(),
    delete: z.string().optional(),
    stdin: z.string().optional(),
    environment: z.record(z.string(), z.string()).default({}),
    addPreviousOutputInEnv: z.boolean().default(true),
    logging: z.enum(["stdout", "stderr", "stdoutAndStderr", "none"]).default("stdoutAndStderr"),
});

/** Which inputs a replacement of a command or a copy depends on: replaceOnChanges in the official schema. */
export const REPLACED_BY = ["triggers"];

/** Writes the connection's defaults into the inputs, so that the state shows what was used, and keeps it secret. */
export function withConnectionDefaults(news: Props): { inputs: Props; refusals: Refusal[] } {
    const connection = revealed(news["connection"] ?? null);
    if (hasUnknown(connection)) return { inputs: { ...news, connection: secret(connection) }, refusals: [] };
    const parsed = connectionSchema.safeParse(connection);
    if (parsed.success && isObject(connection)) {
        return { inputs: { ...news, connection: secret({ ...connection, ...parsed.data } as Props) }, refusals: [] };
    }
    // Paths only: a malformed connection must not show its private key.
    const refusals = (parsed.error?.issues ?? []).map((issue) => ({
        property: ["connection", ...issue.path].join("."),
        reason: issue.message,
    }));
    return { inputs: news, refusals };
}
