import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { z } from "zod";
import type { Context, Resource } from "../provider/resource.ts";
import type { Props } from "../provider/wire.ts";
import { commandSchema, REPLACED_BY } from "./inputs.ts";
import { CommandOutput } from "./output.ts";

const schema = commandSchema.extend({
    dir: z.string().optional(),
    interpreter: z.array(z.string()).default([]),
});
type Inputs = z.infer<typeof schema>;

/** `command.local.Command`: runs a command on this machine when it is created, changed and deleted. */
export const localCommand: Resource = {
    outputs: ["stdout", "stderr"],
    changing: ["stdout", "stderr"],
    replacedBy: REPLACED_BY,
    check: (news) => {
        const refusals = ["assetPaths", "archivePaths"].flatMap((property) =>
            news[property] === undefined ? [] : [{ property, reason: "is not in the offline stand-in of this plugin" }],
        );
        return { inputs: news, refusals };
    },
    create: async (props, name, context) => {
        const inputs = schema.parse(props);
        const id = name + randomBytes(4).toString("hex");
        return { id, outputs: await run(inputs.create, inputs, {}, context) };
    },
    update: (_id, news, olds, context) => {
        const inputs = schema.parse(news);
        return run(inputs.update ?? inputs.create, inputs, olds, context);
    },
    delete: async (_id, state, context) => {
        const inputs = schema.parse(state);
        await run(inputs.delete, inputs, state, context);
    },
};

async function run(command: string | undefined, inputs: Inputs, previous: Props, context: Context): Promise<Props> {
    if (command === undefined) return { stdout: previous["stdout"] ?? "", stderr: previous["stderr"] ?? "" };
    const [program = "/bin/sh", ...args] = inputs.interpreter.length > 0 ? inputs.interpreter : ["/bin/sh", "-c"];
    const before: Record<string, string> = {};
    if (inputs.addPreviousOutputInEnv) {
        if (typeof previous["stdout"] === "string" && previous["stdout"] !== "")
            before["PULUMI_COMMAND_STDOUT"] = previous["stdout"];
        if (typeof previous["stderr"] === "string" && previous["stderr"] !== "")
            before["PULUMI_COMMAND_STDERR"] = previous["stderr"];
    }
    const child = spawn(program, [...args, command], {
        stdio: "pipe",
        env: { ...process.env, ...inputs.environment, ...before },
        // A process group of its own, so that what the command started is ended with it.
        detached: true,
        ...(inputs.dir !== undefined && { cwd: inputs.dir }),
    });
    const output = new CommandOutput(child.stdout, child.stderr, inputs.logging, context);
    // A command may end without reading its input: the broken pipe is no failure, its exit status tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(inputs.stdin ?? "");
    const kill = (): void => {
        killGroup(child);
    };
    context.cancelled.addEventListener("abort", kill);
    process.on("exit", kill);
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    process.off("exit", kill);
    context.cancelled.removeEventListener("abort", kill);
    context.cancelled.throwIfAborted();
    if (code === 0) return output.outputs;
    const problem = code === null ? `signal: ${signal ?? "?"}` : `exit status ${code}`;
    throw new Error(`${problem}: running ${JSON.stringify(command)}:\n${output.combined}`);
}

function killGroup({ pid }: ChildProcess): void {
    if (pid === undefined) return;
    try {
        process.kill(-pid, "SIGKILL");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}
