import { addressSchema } from "../../../components/outputs.ts";
import type { BucketAccess } from "../../adapters/s3.ts";
import type { SshTarget } from "../../adapters/ssh.ts";
import { SlotkeeperError } from "../../errors.ts";
import { recoveryAccess } from "./collect.ts";
import type { Conduct } from "./conduct.ts";
import { destroyStaging, requireDisposable } from "./destruction.ts";
import { type Asked, askProduction } from "./production-view.ts";
import { targetOf } from "./server.ts";
import { expiryIn, isEmpty } from "./state.ts";
import { planSweep } from "./sweep.ts";

/**
 * Makes the way free: whatever an earlier drill left is destroyed, and the report begins.
 * @throws SlotkeeperError, with nothing touched: "usage" where the stack is no drill's, or its server is production's;
 * "locked" where somebody may be drilling it.
 */
export async function clearTheWay(conduct: Conduct): Promise<void> {
    const { plan, file, stack, claim, phases, record, report, signal } = conduct;
    await refuseProductionsServer(conduct);
    if (claim.abandoned) await claim.endOrphans();
    const state = await stack.state();
    if (state !== null) requireDisposable(plan.stack, state);
    const found = {
        stack: plan.stack,
        empty: state === null || isEmpty(state),
        expiresAt: state === null ? null : expiryIn(state),
        owner: claim.abandoned ? "dead" : "unknown",
    } as const;
    const reason = planSweep(found, Date.now(), plan.sweep);
    signal.throwIfAborted();
    await report.create(record.runId);
    await claim.hold();
    if (reason === null) return;
    phases.progress(`${plan.stack} is still up and is destroyed first: ${reason}`);
    const { leftovers } = await destroyStaging(stack, plan.stack, file, phases.progress);
    if (leftovers.length === 0) return;
    record.cleanup.leftovers = leftovers;
    throw new SlotkeeperError(
        "remote",
        `an earlier drill of ${plan.stack} left what cannot be removed: ${leftovers.join("; ")}`,
        "Remove it by hand (docs/drills.md), then drill again.",
    );
}

/** Staging on production's own server would put its program and key in the place of production's. */
async function refuseProductionsServer({ file, stack }: Conduct): Promise<void> {
    const { server, production } = file.config;
    const theirs = addressSchema.safeParse(await stack.outputOf(production, "server"));
    if (server.kind !== "ssh" || !theirs.success) return;
    if (theirs.data.host !== server.host && theirs.data.hostKey !== server.hostKey) return;
    throw new SlotkeeperError(
        "usage",
        `slotkeeper:server of ${file.path} is ${server.host}, which is the server of ${production}`,
        "Give staging a server of its own: what a drill restores is removed from it at the end.",
    );
}

/** What is known before a new server is asked for. */
export interface Prepared {
    /** Logs in to both servers. */
    readonly privateKey: string;
    readonly productionServer: SshTarget | null;
    readonly production: Asked;
    /** The replica bucket with the recovery key; null where production does not say. */
    readonly access: BucketAccess | null;
}

/** Makes the stack, still empty, and asks production how it is: the measure for what comes back. */
export async function prepare({ file, stack, phases, record }: Conduct): Promise<Prepared> {
    if ((await stack.state()) === null) await stack.init();
    const config = await stack.config();
    const privateKey = config.get("slotkeeper:sshPrivateKey") ?? "";
    const { production: name } = file.config;
    const output = (key: string) => stack.outputOf(name, key);
    const [server, location, key] = [await output("server"), await output("location"), await output("recoveryKey")];
    const productionServer = targetOf(server, privateKey);
    phases.progress(`asking ${name} how its databases are`);
    const production = await askProduction(productionServer, name);
    phases.progress(
        production.view === null ? production.why : `${name} has ${production.view.result.databases.length} databases`,
    );
    record.production = { stack: name, asked: production.view !== null };
    return { privateKey, productionServer, production, access: recoveryAccess(location, key, config) };
}
