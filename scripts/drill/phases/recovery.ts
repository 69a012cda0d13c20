import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { recoveryResultPath } from "../../../components/render/recovery.ts";
import { tryWrite } from "../../adapters/s3.ts";
import { SlotkeeperError } from "../../errors.ts";
import type { FleetResult } from "../../fleet/result.ts";
import type { Evidence } from "../evidence.ts";
import { bringUp, componentOutputs, openStack } from "../stacks.ts";
import { type Fleet, stackNames, stagingConfig } from "../stack-config.ts";
import type { Cloud, Conduct, Site, Workshop } from "../world.ts";
import { recoveryResult, replicaAccess, siteOf } from "./production.ts";

/** What a recovery came to: a site, or why there is none, and in both cases what the server wrote down. */
export interface Recovered {
    readonly site: Site | null;
    readonly result: FleetResult | null;
    readonly failure: SlotkeeperError | null;
}

/** `pulumi up` of staging: a new server restores everything with the reader's key. A failure still yields the result. */
export async function recover(
    conduct: Conduct,
    workshop: Workshop,
    cloud: Cloud,
    fleet: Fleet,
    storage: "disk" | "memory",
    opened: (stack: Stack) => void,
): Promise<Recovered> {
    const stack = await openStack(stackNames.staging, stagingConfig(cloud, workshop, fleet, storage), cloud.stacks);
    opened(stack);
    try {
        const site = siteOf(stack, cloud, await bringUp(stack, cloud.stacks, conduct.progress));
        return { site, result: await recoveryResult(site.server, recoveryResultPath), failure: null };
    } catch (error) {
        if (!(error instanceof SlotkeeperError)) throw error;
        const server = await componentOutputs(stack, "slotkeeper:index:Server");
        const site = server === undefined ? null : siteOf(stack, cloud, { server: server["address"] });
        const result = site === null ? null : await recoveryResult(site.server, recoveryResultPath).catch(() => null);
        return { site: null, result, failure: error };
    }
}

/** Asks the recovered app for a read and a write on a restored slot, chosen by the drill's seed. */
export async function askApp(site: Site, result: FleetResult, seed: number): Promise<Evidence["appAnswers"]> {
    if (site.appUrl === null) return null;
    const slots = result.databases.filter((database) => database.kind === "slot" && database.status === "restored");
    const slot = slots[seed % Math.max(1, slots.length)];
    if (slot === undefined) return [];
    const url = `${site.appUrl}/slots/${encodeURIComponent(slot.id)}`;
    const before = Number(slot.probes["actionCount"]);
    const seq = 2 ** 31 + seed;
    const write = await answer("write", slot.id, "201", async () => {
        const body = JSON.stringify({ seq, kind: "drill", payload: "written after the recovery" });
        const response = await fetch(`${url}/actions`, {
            method: "POST",
            body,
            headers: { "content-type": "application/json" },
            signal: AbortSignal.timeout(10_000),
        });
        return String(response.status);
    });
    const read = await answer("read", slot.id, `${before + 1} actions`, async () => {
        const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
        const { actions } = (await response.json()) as { actions?: unknown };
        return `${String(actions)} actions`;
    });
    return [write, read];
}

async function answer(ask: "read" | "write", slot: string, expected: string, work: () => Promise<string>) {
    const actual = await work().catch((error: unknown) => String(error));
    return { ask, slot, expected, actual, ok: actual === expected };
}

/** Tries to write where production writes, with staging's key. */
export async function tryReaderWrite(cloud: Cloud): Promise<Evidence["readerWrite"]> {
    return tryWrite(replicaAccess(cloud, cloud.accounts.reader), "global/written-by-the-drill");
}
