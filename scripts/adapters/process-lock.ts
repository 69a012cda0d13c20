import { createHash } from "node:crypto";
import type { Server } from "node:net";
import { createServer } from "node:net";

import { SlotkeeperError } from "../errors.ts";

/**
 * Does `work` while no other process on this machine does work under the same name. The lock is a Linux abstract socket:
 * the kernel drops it with the process, so that a crash cannot leave it behind.
 * @throws SlotkeeperError "locked" at once when another process holds it.
 */
export async function withProcessLock<T>(name: string, work: () => Promise<T>): Promise<T> {
    const server = await hold(name);
    try {
        return await work();
    } finally {
        server.close();
    }
}

async function hold(name: string): Promise<Server> {
    const server = createServer((socket) => socket.destroy());
    const path = `\0slotkeeper-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
    return new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => {
            const taken = new SlotkeeperError(
                "locked",
                `another process is busy with ${name}`,
                "wait until it has ended",
            );
            reject(error.code === "EADDRINUSE" ? taken : error);
        });
        server.listen(path, () => {
            resolve(server);
        });
    });
}
