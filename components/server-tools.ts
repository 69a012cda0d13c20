import { open } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { z } from "zod";

/** What a server runs that this project does not write: executables for Linux on its processor, on this machine. */
const schema = z.object({ node: z.string(), litestream: z.string() });

/** See {@link schema}. */
export type ServerTools = z.infer<typeof schema>;

const program = join(import.meta.dirname, "../local/toolchain/server-tools.ts");

/**
 * Node and Litestream for a server. SLOTKEEPER_LITESTREAM names another Litestream, where it is one for that processor;
 * else the toolchain brings them, once, in a process of its own: components know its command line and no more of it.
 * @throws pulumi.RunError with what to do when one cannot be had.
 */
export async function serverTools(arch: "arm64" | "x64"): Promise<ServerTools> {
    const named = process.env["SLOTKEEPER_LITESTREAM"];
    const machine = named === undefined ? undefined : await machineOf(named, "SLOTKEEPER_LITESTREAM names ");
    if (named !== undefined && machine === undefined)
        throw new pulumi.RunError(
            `SLOTKEEPER_LITESTREAM names ${named}, which is not an executable for Linux: unset it`,
        );
    const args = [program, arch, ...(named !== undefined && machine === machines[arch] ? [named] : [])];
    const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
        reject: false,
        stdin: "ignore",
        // What takes a while says so at once.
        stderr: ["pipe", "inherit"],
    });
    if (exitCode !== 0)
        throw new pulumi.RunError(`What a server with ${arch} runs cannot be had here: ${lastWords(stderr)}`);
    const tools = schema.parse(JSON.parse(stdout));
    for (const path of Object.values(tools))
        if ((await machineOf(path)) !== machines[arch])
            throw new pulumi.RunError(`${path} is not an executable for Linux on ${arch}: remove it, and try again`);
    return tools;
}

/** e_machine of an ELF executable, elf(5): EM_X86_64 and EM_AARCH64. */
const machines = { x64: 62, arm64: 183 } as const;

/** The processor an ELF executable is for; undefined for any other file. @throws pulumi.RunError when it cannot be read. */
async function machineOf(path: string, who = ""): Promise<number | undefined> {
    const file = await open(path).catch((cause: unknown) => {
        throw new pulumi.RunError(`${who}${path}, which cannot be read: ${String(cause)}`);
    });
    try {
        const header = Buffer.alloc(20);
        await file.read(header, 0, header.length, 0);
        return header.readUInt32BE(0) === 0x7f454c46 ? header.readUInt16LE(18) : undefined;
    } finally {
        await file.close();
    }
}

function lastWords(stderr: string): string {
    return stderr.trim().split("\n").slice(-4).join("\n") || "it said nothing";
}
