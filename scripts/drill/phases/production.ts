import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { listFolders } from "../../adapters/s3.ts";
import { runRemote, type SshTarget } from "../../adapters/ssh.ts";
import { SlotkeeperError } from "../../errors.ts";
import { fleetResultSchema, type FleetResult } from "../../fleet/result.ts";
import type { BaselineDatabase } from "../evidence.ts";
import { bringUp, openStack } from "../stacks.ts";
import { type Fleet, productionConfig, stackNames } from "../stack-config.ts";
import type { Account, Cloud, Conduct, Site, Workshop } from "../world.ts";
import type { Stack } from "@pulumi/pulumi/automation/index.js";

const outputs = z.object({
    server: z.object({ host: z.string(), port: z.number(), user: z.string(), hostKey: z.string() }),
    appUrl: z.string().nullish(),
});

/** `pulumi up` of production on the drill's cloud. */
export async function produce(
    conduct: Conduct,
    workshop: Workshop,
    cloud: Cloud,
    fleet: Fleet,
    opened: (stack: Stack) => void,
): Promise<Site> {
    const config = productionConfig(cloud, workshop, fleet, conduct.plan.rpoSeconds);
    const stack = await openStack(stackNames.production, config, cloud.stacks);
    opened(stack);
    return siteOf(stack, cloud, await bringUp(stack, cloud.stacks, conduct.progress));
}

/** A stack that is up, from its outputs. */
export function siteOf(stack: Stack, cloud: Cloud, values: Record<string, unknown>): Site {
    const { server, appUrl } = outputs.parse(values);
    return { stack, server: { ...server, privateKey: cloud.ssh.privateKey }, appUrl: appUrl ?? null };
}

/** The replica bucket, as one account sees it. */
export function replicaAccess(cloud: Cloud, account: Account) {
    return { endpoint: cloud.store.endpoint, region: cloud.store.region, bucket: cloud.buckets.replica, ...account };
}

/**
 * Waits until each database has a first object in the bucket, without which nothing of it can be restored.
 * @throws SlotkeeperError (checkFailed) naming those that have none after two minutes.
 */
export async function untilReplicated(
    { progress, signal }: Conduct,
    cloud: Cloud,
    slots: readonly string[],
): Promise<void> {
    const access = replicaAccess(cloud, cloud.accounts.admin);
    const deadline = Date.now() + 120_000;
    for (;;) {
        signal.throwIfAborted();
        const [top, found] = await Promise.all([listFolders(access, ""), listFolders(access, "slots/")]);
        const present = new Set(found.map((folder) => folder.replace(/\.db$/, "")));
        const missing = [...(top.includes("global") ? [] : ["global"]), ...slots.filter((slot) => !present.has(slot))];
        if (missing.length === 0) return;
        if (Date.now() > deadline)
            throw new SlotkeeperError(
                "checkFailed",
                `${missing.length} databases have no replica after two minutes: ${missing.slice(0, 5).join(", ")}`,
                "Look at Litestream's journal on the production server (keep it with --keep).",
            );
        progress(`${slots.length + 1 - missing.length} of ${slots.length + 1} databases are in the bucket`);
        await wait(1000);
    }
}

/** What production says of its databases while all is well: the drill's measure for what comes back. */
export async function baselineOf(production: SshTarget): Promise<BaselineDatabase[]> {
    const result = await askServer(production, "slotkeeper verify --json", fleetResultSchema);
    return result.databases.map(({ id, schemaHash, digest, tables, probes }) => ({
        id,
        schemaHash,
        digest,
        tables,
        probes,
        problem: null,
    }));
}

/** The result that the last recovery left on a server. */
export async function recoveryResult(server: SshTarget, path: string): Promise<FleetResult | null> {
    const { status, stdout } = await runRemote(server, `cat ${path}`);
    return status === 0 ? fleetResultSchema.parse(JSON.parse(stdout)) : null;
}

/** Runs a command of ours on a server and parses what it prints; a failed check (11) still prints its result. */
export async function askServer<T>(server: SshTarget, command: string, shape: z.ZodType<T>): Promise<T> {
    const { status, stdout, stderr } = await runRemote(server, command, { timeoutSeconds: 300 });
    if (status !== 0 && status !== 11)
        throw new SlotkeeperError(
            "remote",
            `${command} on ${server.host} ended with status ${status}:\n${stderr.trim()}`,
        );
    return shape.parse(JSON.parse(stdout));
}
