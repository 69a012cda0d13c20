import { z } from "zod";
import type { SshTarget } from "../../adapters/ssh.ts";
import { type FleetResult, fleetResultSchema } from "../../fleet/result.ts";
import { ask } from "./server.ts";

const listSchema = z.object({ databases: z.array(z.object({ id: z.string(), txid: z.string().nullish() })) });

/** What production's Litestream replicates: id → the newest transaction it has taken, null where it does not say. */
export type Replicated = ReadonlyMap<string, string | null>;

/** What production said of itself, shortly before its backups were restored. */
export interface ProductionView {
    /** Epoch ms, on the clock of whoever drills, before the first question. */
    readonly askedAt: number;
    readonly result: FleetResult;
    readonly replicated: Replicated;
}

/** Production, or why it was not asked. */
export type Asked = { readonly view: ProductionView } | { readonly view: null; readonly why: string };

/** Asks production's server; one that cannot be reached is no reason not to drill. */
export async function askProduction(server: SshTarget | null, stack: string, now = Date.now): Promise<Asked> {
    if (server === null) return { view: null, why: `${stack} has no output "server"` };
    const askedAt = now();
    try {
        // The positions first: what is looked at later may only be newer.
        const replicated = await replicatedOn(server);
        return {
            view: { askedAt, replicated, result: await ask(server, "slotkeeper verify --json", fleetResultSchema) },
        };
    } catch (error) {
        const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
        return { view: null, why: `production was not asked: ${first}` };
    }
}

/** What production's Litestream replicates just now. */
export async function replicatedOn(server: SshTarget): Promise<Replicated> {
    const { databases } = await ask(server, "slotkeeper replication list --json", listSchema);
    return new Map(databases.map(({ id, txid }) => [id, txid ?? null]));
}
