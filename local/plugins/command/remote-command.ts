import { randomBytes } from "node:crypto";
import type { Client, ClientChannel } from "ssh2";
import type { z } from "zod";
import type { Context, Resource } from "../provider/resource.ts";
import type { Props } from "../provider/wire.ts";
import { dial } from "./dial.ts";
import { commandSchema, connectionSchema, REPLACED_BY, withConnectionDefaults } from "./inputs.ts";
import { CommandOutput } from "./output.ts";

const schema = commandSchema.extend({ connection: connectionSchema });
type Inputs = z.infer<typeof schema>;

/** `command.remote.Command`: runs a command over SSH when it is created, changed and deleted. */
export const remoteCommand: Resource = {
    outputs: ["stdout", "stderr"],
    changing: ["stdout", "stderr"],
    replacedBy: REPLACED_BY,
    check: withConnectionDefaults,
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
    const client = await dial(inputs.connection, context);
    const stop = (): void => {
        client.destroy();
    };
    context.cancelled.addEventListener("abort", stop);
    try {
        const { output, ended } = await start(client, command, environment(inputs, previous), inputs, context);
        const problem = await ended;
        context.cancelled.throwIfAborted();
        if (problem !== undefined)
            throw new Error(`${problem}: running ${JSON.stringify(command)}:\n${output.combined}`);
        return output.outputs;
    } finally {
        context.cancelled.removeEventListener("abort", stop);
        client.end();
    }
}

function environment(inputs: Inputs, previous: Props): Record<string, string> {
    const env = { ...inputs.environment };
    if (!inputs.addPreviousOutputInEnv) return env;
    for (const [name, key] of [
        ["PULUMI_COMMAND_STDOUT", "stdout"],
        ["PULUMI_COMMAND_STDERR", "stderr"],
    ] as const) {
        const value = previous[key];
        if (typeof value === "string" && value !== "") env[name] = value;
    }
    return env;
}

interface Running {
    readonly output: CommandOutput;
    /** What went wrong, in the words of Go's ssh package; undefined for exit status 0. */
    readonly ended: Promise<string | undefined>;
}

/**
 * The server sets only the variables its AcceptEnv allows. ssh2 asks for no answer to these, so a refused one is not
 * noticed; the official plugin fails then, except for the previous output.
 */
function start(
    client: Client,
    command: string,
    env: Record<string, string>,
    inputs: Inputs,
    context: Context,
): Promise<Running> {
    return new Promise((resolve, reject) => {
        client.exec(command, { env }, (error, channel) => {
            if (error !== undefined) {
                reject(error);
                return;
            }
            // At once: the exit status may be in the same packet as the answer that the command has started.
            const running = {
                ended: ended(channel, client),
                output: new CommandOutput(channel, channel.stderr, inputs.logging, context),
            };
            // A command may end without reading its input: the broken pipe is no failure, its exit status tells.
            channel.on("error", () => undefined);
            channel.end(inputs.stdin ?? "");
            resolve(running);
        });
    });
}

function ended(channel: ClientChannel, client: Client): Promise<string | undefined> {
    return new Promise((resolve) => {
        let status: string | undefined = "wait: remote command exited without exit status or exit signal";
        channel.on("exit", (code: number | null, signal?: string) => {
            if (code === 0) status = undefined;
            else if (code === null) status = `Process exited from signal ${signal ?? "?"}`;
            else status = `Process exited with status ${code}`;
        });
        channel.on("close", () => {
            resolve(status);
        });
        client.on("close", () => {
            resolve(status);
        });
    });
}
