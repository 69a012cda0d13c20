import { randomBytes } from "node:crypto";
import { basename, posix } from "node:path";
import { stat } from "node:fs/promises";
import type { Client, SFTPWrapper } from "ssh2";
import { z } from "zod";
import type { Context, Refusal, Resource } from "../provider/resource.ts";
import { asAsset, revealed, type Asset, type Props } from "../provider/wire.ts";
import { dial } from "./dial.ts";
import { connectionSchema, REPLACED_BY, withConnectionDefaults } from "./inputs.ts";

const schema = z.object({ connection: connectionSchema, remotePath: z.string().min(1) });

/** `command.remote.CopyToRemote`, of one file or one text: over SFTP, when the content or the remote path changes. */
export const copyToRemote: Resource = {
    outputs: [],
    replacedBy: REPLACED_BY,
    check: (news) => {
        const checked = withConnectionDefaults(news);
        return { inputs: checked.inputs, refusals: [...checked.refusals, ...sourceRefusals(news)] };
    },
    create: async (inputs, _name, context) => {
        await copy(inputs, context);
        return { id: randomBytes(4).toString("hex"), outputs: {} };
    },
    update: async (_id, news, olds, context) => {
        const same = asAsset(news["source"])?.hash === asAsset(olds["source"])?.hash;
        if (!same || news["remotePath"] !== olds["remotePath"]) await copy(news, context);
        return {};
    },
};

function sourceRefusals(news: Props): Refusal[] {
    // A source that a preview cannot know is refused, too: so does 1.2.1 (pulumi-command issue 754).
    const asset = asAsset(revealed(news["source"] ?? null));
    if (asset === undefined) return [{ property: "asset", reason: "either asset or archive must be set" }];
    if (asset.kind === "archive") {
        return [
            {
                property: "archive",
                reason: "archives are not in the offline stand-in of this plugin: copy a FileAsset",
            },
        ];
    }
    if (asset.path !== undefined || asset.text !== undefined) return [];
    return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
}

async function copy(props: Props, context: Context): Promise<void> {
    const { connection, remotePath } = schema.parse(props);
    const asset = asAsset(props["source"]);
    if (asset === undefined) throw new Error("either asset or archive must be set");
    const client = await dial(connection, context);
    const stop = (): void => {
        client.destroy();
    };
    context.cancelled.addEventListener("abort", stop);
    try {
        await Promise.race([send(client, asset, remotePath), closed(client)]);
    } catch (error) {
        context.cancelled.throwIfAborted();
        throw error;
    } finally {
        context.cancelled.removeEventListener("abort", stop);
        client.end();
    }
}

async function send(client: Client, asset: Asset, remotePath: string): Promise<void> {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
        client.sftp((error, session) => {
            if (error === undefined) resolve(session);
            else reject(error);
        });
    });
    const existing = await remoteKind(sftp, remotePath);
    if (asset.path === undefined) {
        if (existing === "directory") {
            throw new Error(
                `remote path ${remotePath} is a directory; when using a text asset, remotePath must be a file path`,
            );
        }
        await makeParents(sftp, remotePath);
        const text = asset.text ?? "";
        await done(`failed to write text content to remote path ${remotePath}`, (end) => {
            sftp.writeFile(remotePath, text, end);
        });
        return;
    }
    if ((await stat(asset.path)).isDirectory()) throw new Error(`${asset.path} is a directory: copy a file`);
    const target = existing === "directory" ? posix.join(remotePath, basename(asset.path)) : remotePath;
    if (existing === "none") await makeParents(sftp, remotePath);
    const from = asset.path;
    await done(`failed to copy file ${from} to remote path ${target}`, (end) => {
        sftp.fastPut(from, target, { concurrency: 64, chunkSize: 32 * 1024 }, end);
    });
}

const NO_SUCH_FILE = 2; // SSH_FX_NO_SUCH_FILE, draft-ietf-secsh-filexfer-02 section 7

function remoteKind(sftp: SFTPWrapper, path: string): Promise<"directory" | "file" | "none"> {
    return new Promise((resolve, reject) => {
        sftp.stat(path, (error, stats) => {
            if (error === undefined) resolve(stats.isDirectory() ? "directory" : "file");
            else if ((error as Error & { code?: number }).code === NO_SUCH_FILE) resolve("none");
            else reject(new Error(`failed to stat remote path ${path}: ${error.message}`, { cause: error }));
        });
    });
}

async function makeParents(sftp: SFTPWrapper, path: string): Promise<void> {
    const parent = posix.dirname(path);
    if (parent === path || parent === ".") return;
    const kind = await remoteKind(sftp, parent);
    if (kind === "directory") return;
    if (kind === "file") throw new Error(`failed to create parent directories for ${path}: ${parent} is a file`);
    await makeParents(sftp, parent);
    await done(`failed to create parent directories for ${path}`, (end) => {
        sftp.mkdir(parent, end);
    });
}

function done(what: string, work: (end: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
        work((error) => {
            if (error === undefined || error === null) resolve();
            else reject(new Error(`${what}: ${error.message}`, { cause: error }));
        });
    });
}

function closed(client: Client): Promise<never> {
    return new Promise((_resolve, reject) => {
        client.once("close", () => {
            reject(new Error("the connection was closed before the copy was complete"));
        });
    });
}
