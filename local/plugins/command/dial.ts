import { setTimeout as sleep } from "node:timers/promises";
import ssh2, { type Client, type ConnectConfig } from "ssh2";
import { pinned } from "../../../scripts/adapters/host-key.ts";
import type { Context } from "../provider/resource.ts";
import type { Connection, Endpoint } from "./inputs.ts";

// The official plugin's retries: sdk/go/common/util/retry, 100 ms at first, × 1.5, at most 5 s.
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;

/**
 * Opens an SSH connection, with as many attempts as the connection allows, through its proxy if it has one.
 * @throws when the last attempt fails, the host key is another, or the update is cancelled.
 */
export async function dial(connection: Connection, context: Context): Promise<Client> {
    const proxy = connection.proxy;
    if (proxy === undefined) return retried("Dial", connection, context, () => connect(connection, {}));
    const jump = await retried("Dial proxy", proxy, context, () => connect(proxy, {}));
    try {
        const client = await retried("Dial", connection, context, async () => {
            const sock = await forward(jump, connection);
            return connect(connection, { sock });
        });
        return client.on("close", () => jump.end());
    } catch (error) {
        jump.end();
        throw error;
    }
}

async function retried(
    what: string,
    endpoint: Endpoint,
    context: Context,
    attempt: () => Promise<Client>,
): Promise<Client> {
    const limit = endpoint.dialErrorLimit;
    for (let failures = 1, delay = FIRST_DELAY_MS; ; failures++, delay = Math.min(delay * 1.5, LONGEST_DELAY_MS)) {
        context.cancelled.throwIfAborted();
        try {
            return await attempt();
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            const where = `${endpoint.user}@${endpoint.host}:${endpoint.port}`;
            if (limit > -1 && failures > limit) {
                throw new Error(`${where}: after ${failures - 1} failed attempts: ${reason}`, { cause: error });
            }
            context.status(`${what} ${failures}/${limit === -1 ? "inf" : limit} failed: retrying`);
            await sleep(delay, undefined, { signal: context.cancelled });
        }
    }
}

async function connect(endpoint: Endpoint, more: ConnectConfig): Promise<Client> {
    const client = new ssh2.Client();
    const config: ConnectConfig = {
        ...credentials(endpoint),
        ...(endpoint.hostKey !== undefined && pinned(endpoint.hostKey)),
        ...more,
    };
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    client.once("ready", () => {
        resolve(client);
    });
    client.on("error", reject);
    client.once("close", () => {
        reject(new Error("the server closed the connection"));
    });
    client.on("keyboard-interactive", (_name, _text, _language, prompts, answer) => {
        answer(prompts.map(() => endpoint.password ?? ""));
    });
    client.connect(config);
    try {
        return await promise;
    } catch (error) {
        client.end();
        throw error;
    }
}

function credentials(endpoint: Endpoint): ConnectConfig {
    const agent = endpoint.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
    return {
        host: endpoint.host,
        port: endpoint.port,
        username: endpoint.user,
        readyTimeout: endpoint.perDialTimeout * 1000,
        ...(endpoint.privateKey !== undefined && { privateKey: endpoint.privateKey }),
        ...(endpoint.privateKeyPassword !== undefined && { passphrase: endpoint.privateKeyPassword }),
        ...(endpoint.password !== undefined && { password: endpoint.password, tryKeyboard: true }),
        ...(agent !== undefined && agent !== "" && { agent }),
    };
}

function forward(jump: Client, to: Endpoint): Promise<NonNullable<ConnectConfig["sock"]>> {
    return new Promise((resolve, reject) => {
        jump.forwardOut("127.0.0.1", 0, to.host, to.port, (error, stream) => {
            if (error === undefined) resolve(stream);
            else reject(error);
        });
    });
}
