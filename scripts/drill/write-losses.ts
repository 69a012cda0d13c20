import { join } from "node:path";
import { measuredLoss } from "./checks/losses.ts";
import type { Evidence } from "./evidence.ts";
import { replaceFile } from "./record.ts";

/** Writes `lost-writes.jsonl`: each acknowledged write that did not survive, one a line, the oldest of a database first. */
export async function writeLosses(folder: string, evidence: Omit<Evidence, "readerWrite">): Promise<void> {
    const lines = (evidence.result?.databases ?? []).flatMap((database) =>
        (measuredLoss(evidence, database)?.lost ?? []).map((write) => ({
            database: database.id,
            ...write,
            secondsBeforeDisaster: (evidence.killedAt - write.sentAt) / 1000,
        })),
    );
    await replaceFile(join(folder, "lost-writes.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
