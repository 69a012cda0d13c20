import { Client } from "ssh2";
import { SlotkeeperError } from "../errors.ts";
import { pinned } from "./host-key.ts";

/** A server, the key it must show, and the key we show. */
export interface SshTarget {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    /** OpenSSH public key; another key is refused. */
    readonly hostKey: string;
    readonly privateKey: string;
}

/** What a command on a server left. */
export interface RemoteResult {
    readonly status: number;
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Runs one command line on a server and waits for its end, at most `timeoutSeconds`.
 * A status other than 0 is returned, not thrown.
 * @throws SlotkeeperError (remote) when the server cannot be reached, shows another host key, or does not answer in time.
 */
export async function runRemote(
    target: SshTarget,
    command: string,
    options: { stdin?: string; timeoutSeconds?: number; connectSeconds?: number } = {},
): Promise<RemoteResult> {
    const where = `${target.user}@${target.host}:${target.port}`;
    const client = new Client();
    const seconds = options.timeoutSeconds ?? 60;
    let timer: NodeJS.Timeout | undefined;
    try {
        return await new Promise<RemoteResult>((done, fail) => {
            timer = setTimeout(() => {
                fail(
                    new SlotkeeperError(
                        "remote",
                        `${where} did not finish in ${seconds} s: ${command.split("\n")[0] ?? ""}`,
                    ),
                );
            }, seconds * 1000);
            client.on("error", (cause) => {
                fail(
                    new SlotkeeperError(
                        "remote",
                        `${where} cannot be reached: ${cause.message}`,
                        "Check that the server is up and that its host key is the pinned one.",
                        { cause },
                    ),
                );
            });
            client.on("ready", () => {
                client.exec(command, (error, channel) => {
                    if (error !== undefined) {
                        fail(error);
                        return;
                    }
                    let stdout = "";
                    let stderr = "";
                    channel.setEncoding("utf8").on("data", (text: string) => (stdout += text));
                    channel.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
                    channel.on("close", (status: number | null) => {
                        done({ status: status ?? 255, stdout, stderr });
                    });
                    channel.end(options.stdin ?? "");
                });
            });
            client.connect({
                host: target.host,
                port: target.port,
                username: target.user,
                privateKey: target.privateKey,
                readyTimeout: (options.connectSeconds ?? 10) * 1000,
                ...pinned(target.hostKey),
            });
        });
    } finally {
        clearTimeout(timer);
        client.destroy();
    }
}
