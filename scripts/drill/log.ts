import { createWriteStream, type WriteStream } from "node:fs";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * A file beside the report that takes what tools print; kept also when the drill fails. What cannot be written (a full
 * disk) is missing from it, and no reason to end a drill that has still to clean up.
 */
export function openLog(folder: string, name: string): { write: (text: string) => void; close: () => Promise<void> } {
    mkdirSync(folder, { recursive: true });
    const stream: WriteStream = createWriteStream(join(folder, name), { flags: "a", mode: 0o600 });
    stream.on("error", () => undefined);
    return {
        write: (text) => void stream.write(text),
        close: () =>
            new Promise((done) => {
                stream.end(() => {
                    done();
                });
            }),
    };
}
