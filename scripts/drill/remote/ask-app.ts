import { z } from "zod";
import type { SshTarget } from "../../adapters/ssh.ts";
import { runRemote } from "../../adapters/ssh.ts";

/** What a recovered app answered to one request, from the server itself: nothing else may have to reach it. */
export const appReplySchema = z.object({ ok: z.boolean(), answer: z.string() });

/** See {@link appReplySchema}. */
export type AppReply = z.infer<typeof appReplySchema>;

/** Asks until there is an answer, for 20 s: the app may be starting. Its body is not looked at. */
const program = (port: number) => `
const until = Date.now() + 20_000;
for (;;) {
    try {
        const { status } = await fetch("http://127.0.0.1:${port}/", { redirect: "manual", signal: AbortSignal.timeout(10_000) });
        console.log(JSON.stringify({ ok: status < 500, answer: "status " + status }));
        break;
    } catch (error) {
        if (Date.now() > until) {
            console.log(JSON.stringify({ ok: false, answer: String(error.cause ?? error) }));
            break;
        }
        await new Promise((go) => setTimeout(go, 250));
    }
}`;

/** Whether the app on a server answers HTTP at all, without an error of its own. Never throws. */
export async function askApp(server: SshTarget, port: number): Promise<AppReply> {
    const node = "/opt/slotkeeper/current/bin/node --input-type=module -";
    try {
        const { status, stdout, stderr } = await runRemote(server, node, { stdin: program(port) });
        if (status === 0) return appReplySchema.parse(JSON.parse(stdout));
        return { ok: false, answer: `it could not be asked: ${stderr.trim()}` };
    } catch (error) {
        return {
            ok: false,
            answer: `it could not be asked: ${error instanceof Error ? error.message : String(error)}`,
        };
    }
}
