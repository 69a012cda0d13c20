import { text } from "node:stream/consumers";

import { Command } from "commander";
import { z } from "zod";

import { driftSchema, type Look, lookScript } from "../../components/render/look.ts";
import { asRoot } from "../../components/render/shell.ts";
import { type RemoteResult, runRemote, type SshTarget } from "../adapters/ssh.ts";

import { printResult } from "./terminal.ts";

/** Seconds after which a server that lets nobody in, or does not say, counts as one that cannot be reached. */
const PATIENCE = { connectSeconds: 5, timeoutSeconds: 40 };

const targetSchema = z.strictObject({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    hostKey: z.string(),
    privateKey: z.string(),
});

/** `look`: whether a server is as it was left; for the deployment, which asks before it plans. */
export function lookCommand(): Command {
    return new Command("look")
        .description("compare a server with what was applied to it; reads the SSH target (JSON) from standard input")
        .action(async () => {
            printResult(await lookAt(targetSchema.parse(JSON.parse(await text(process.stdin)))));
        });
}

/** Asks a server for its drift. Never throws for what the server does or does not do: that is the answer. */
export async function lookAt(target: SshTarget): Promise<Look> {
    let result: RemoteResult;
    try {
        result = await runRemote(target, asRoot(target.user, lookScript), PATIENCE);
    } catch (error) {
        // Also a key that is none: the deployment's own commands say so where there is anything to do.
        return { kind: "unreachable", why: error instanceof Error ? error.message : String(error) };
    }
    const { status, stdout, stderr } = result;
    if (status === 0 && stdout.trim() === "fresh") return { kind: "fresh" };
    // timeout(1): a server that is too busy to say has not drifted. 2: no sudo, so nobody was there to look.
    if (status === 124) return { kind: "unreachable", why: "it did not say in time" };
    if (status === 2) return { kind: "unreachable", why: stderr.trim() };
    const report = status === 0 ? driftSchema.safeParse(parsed(stdout)) : undefined;
    if (report?.success === true) return { kind: "looked", ...report.data };
    const words = stderr.trim().split("\n")[0] ?? "";
    return { kind: "broken", why: words === "" ? `it ends with status ${status}` : words };
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
