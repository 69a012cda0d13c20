import { createHash } from "node:crypto";
import { unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Plain JavaScript without packages: local/bootstrap.mjs needs the lock before anything is installed.

/**
 * Where a lock lives: a Linux abstract socket, which the kernel removes with its owner however that dies (unix(7));
 * elsewhere a socket file that nobody listens on any more is known to be stale.
 */
function address(scope) {
    const key = createHash("sha256").update(scope).digest("hex").slice(0, 32);
    return process.platform === "linux" ? `\0slotkeeper-${key}` : join(tmpdir(), `slotkeeper-${key}.sock`);
}

/** Listens on the address; undefined when another process (or another caller of this one) already does. */
function tryListen(path) {
    return new Promise((resolve, reject) => {
        const waiting = new Set();
        const server = createServer((socket) => {
            waiting.add(socket);
            socket.unref();
            socket.on("error", () => undefined);
            socket.on("close", () => waiting.delete(socket));
            socket.write(`${process.pid}\n`);
        });
        server.on("error", (error) => {
            if (error.code === "EADDRINUSE") resolve(undefined);
            else reject(error);
        });
        server.listen(path, () => {
            server.unref();
            resolve(() => {
                const closed = new Promise((done) => server.close(done));
                for (const socket of waiting) socket.destroy();
                return closed;
            });
        });
    });
}

/** Waits until the owner lets go (its end closes the connection); tells the owner's process id once. */
function waitForOwner(path, onOwner) {
    return new Promise((resolve) => {
        const socket = connect(path);
        let text = "";
        socket.on("data", (chunk) => {
            text += chunk;
            if (text.endsWith("\n")) onOwner(text.trim());
        });
        socket.on("error", (error) => {
            if (error.code === "ECONNREFUSED" && !path.startsWith("\0")) {
                try {
                    unlinkSync(path);
                } catch (gone) {
                    if (gone.code !== "ENOENT") throw gone;
                }
            }
        });
        // A pause, so that an owner that is just starting or ending is not asked in a tight loop.
        socket.on("close", () => setTimeout(resolve, 20));
    });
}

/**
 * Runs `work` while no other process of this machine runs work of the same scope; `onWait` is told once, with the
 * owner's process id, when it has to wait. A lock never outlives its process.
 */
export async function exclusively(scope, onWait, work) {
    const path = address(scope);
    let told = false;
    let release = await tryListen(path);
    while (release === undefined) {
        await waitForOwner(path, (owner) => {
            if (!told) onWait(owner);
            told = true;
        });
        release = await tryListen(path);
    }
    try {
        return await work();
    } finally {
        await release();
    }
}
