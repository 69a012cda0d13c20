import { spawn } from "node:child_process";
import { constants, mkdirSync, openSync, statSync, writeSync, closeSync, ftruncateSync } from "node:fs";
import type { AddressInfo } from "node:net";
import ssh2, { type Connection, type SFTPWrapper, type ServerChannel } from "ssh2";
import { newKeyPair } from "./ssh-key.ts";

/** A real SSH server on loopback: commands run in a shell of this machine, files are written to its disk. */
export interface SshServer {
    readonly port: number;
    /** The public host key, as in authorized_keys. */
    readonly hostKey: string;
    /** The private key that is let in, as user `root`. */
    readonly privateKey: string;
    /** The connections that were opened so far, refused ones too. */
    readonly connections: () => number;
    stop(): Promise<void>;
}

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** Starts an SSH server with keys of its own. */
export async function startSshServer(): Promise<SshServer> {
    const host = newKeyPair();
    const user = newKeyPair();
    const allowed = ssh2.utils.parseKey(user.public);
    if (allowed instanceof Error) throw allowed;
    let connections = 0;
    const open = new Set<Connection>();
    const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
        connections++;
        open.add(client);
        client.on("error", () => undefined).on("close", () => open.delete(client));
        client.on("authentication", (login) => {
            if (login.method !== "publickey") {
                login.reject(["publickey"]);
                return;
            }
            const { key, signature, blob, hashAlgo } = login;
            const known = login.username === "root" && key.data.equals(allowed.getPublicSSH());
            // Without a signature the client only asks whether this key would do.
            const proven = signature === undefined || blob === undefined || allowed.verify(blob, signature, hashAlgo);
            if (known && proven) login.accept();
            else login.reject();
        });
        client.on("session", (accept) => {
            const env: Record<string, string> = {};
            const session = accept();
            session.on("env", (_accept, _reject, info) => {
                env[info.key] = info.val;
            });
            session.on("exec", (acceptExec, _reject, info) => {
                execute(info.command, env, acceptExec());
            });
            session.on("sftp", (acceptSftp) => {
                serveFiles(acceptSftp());
            });
        });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return {
        port: (server.address() as AddressInfo).port,
        hostKey: host.public,
        privateKey: user.private,
        connections: () => connections,
        stop: () =>
            new Promise((done) => {
                server.close(() => {
                    done();
                });
                for (const client of open) client.end();
            }),
    };
}

function execute(command: string, env: Record<string, string>, channel: ServerChannel): void {
    const child = spawn("/bin/sh", ["-c", command], { env: { ...process.env, ...env } });
    channel.pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => channel.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => channel.stderr.write(chunk));
    channel.on("close", () => child.kill("SIGKILL"));
    child.on("close", (code) => {
        channel.exit(code ?? 255);
        channel.end();
    });
}

function serveFiles(sftp: SFTPWrapper): void {
    const answer = (request: number, work: () => void): void => {
        try {
            work();
            sftp.status(request, STATUS_CODE.OK);
        } catch (error) {
            refuse(request, error);
        }
    };
    const refuse = (request: number, error: unknown): void => {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        sftp.status(request, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, String(error));
    };
    const number = (handle: Buffer): number => handle.readUInt32BE(0);
    sftp.on("OPEN", (request, path, flags) => {
        const write = (flags & OPEN_MODE.WRITE) === 0 ? 0 : constants.O_WRONLY;
        const made = (flags & OPEN_MODE.CREAT) === 0 ? 0 : constants.O_CREAT;
        const emptied = (flags & OPEN_MODE.TRUNC) === 0 ? 0 : constants.O_TRUNC;
        try {
            const handle = Buffer.alloc(4);
            handle.writeUInt32BE(openSync(path, write | made | emptied, 0o644));
            sftp.handle(request, handle);
        } catch (error) {
            refuse(request, error);
        }
    });
    sftp.on("WRITE", (request, handle, offset, data) => {
        answer(request, () => {
            writeSync(number(handle), data, 0, data.length, offset);
        });
    });
    sftp.on("FSETSTAT", (request, handle, attributes) => {
        answer(request, () => {
            const size = (attributes as { size?: number }).size;
            if (size !== undefined) ftruncateSync(number(handle), size);
        });
    });
    sftp.on("CLOSE", (request, handle) => {
        answer(request, () => {
            closeSync(number(handle));
        });
    });
    sftp.on("MKDIR", (request, path) => {
        answer(request, () => {
            mkdirSync(path);
        });
    });
    const attributes = (request: number, path: string): void => {
        try {
            const { mode, uid, gid, size, atimeMs, mtimeMs } = statSync(path);
            sftp.attrs(request, { mode, uid, gid, size, atime: atimeMs / 1000, mtime: mtimeMs / 1000 });
        } catch (error) {
            refuse(request, error);
        }
    };
    sftp.on("STAT", attributes);
    sftp.on("LSTAT", attributes);
}
