import type { z } from "zod";
import { addressSchema } from "../../../components/outputs.ts";
import { runRemote, type SshTarget } from "../../adapters/ssh.ts";
import { askServer } from "../phases/production.ts";

/** A server from a stack's output, and the key to log in with; null where the output is no address. */
export function targetOf(output: unknown, privateKey: string): SshTarget | null {
    const address = addressSchema.safeParse(output);
    return address.success ? { ...address.data, privateKey } : null;
}

/** As `askServer`, also where the login is not root's. */
export function ask<T>(server: SshTarget, command: string, shape: z.ZodType<T>): Promise<T> {
    return askServer(server, asRoot(server, command), shape);
}

/** What a file on a server holds, as JSON of that shape; null where there is none, or it cannot be read. */
export async function readJson<T>(server: SshTarget, path: string, shape: z.ZodType<T>): Promise<T | null> {
    const { status, stdout } = await runRemote(server, asRoot(server, `cat ${path}`));
    if (status !== 0) return null;
    const parsed = shape.safeParse(JSON.parse(stdout));
    return parsed.success ? parsed.data : null;
}

/** The same command as root. */
export function asRoot({ user }: SshTarget, command: string): string {
    return user === "root" ? command : `sudo -n ${command}`;
}
