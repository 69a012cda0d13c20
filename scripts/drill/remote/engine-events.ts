import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";

/** One line of Pulumi's `--event-log` (sdk/go/common/apitype/events.go, v3.259.0), as far as a drill has to know it. */
const eventSchema = z.object({
    diagnosticEvent: z.object({ severity: z.string(), message: z.string() }).optional(),
    resOutputsEvent: z.object({ metadata: z.object({ op: z.string(), urn: z.string(), type: z.string() }) }).optional(),
});

/** See {@link eventSchema}. */
export type EngineEvent = z.infer<typeof eventSchema>;

/** Reads the events that Pulumi appends to a file, as they come, until `ended` and all are read. */
export async function followEvents(
    path: string,
    ended: Promise<unknown>,
    on: (event: EngineEvent) => void,
): Promise<void> {
    const state = { over: false };
    const end = () => {
        state.over = true;
    };
    const over = ended.then(end, end);
    const decoder = new StringDecoder("utf8");
    await using file = await open(path, "r");
    let rest = "";
    for (;;) {
        // Looked at before the reading: what was written before the end is read after it.
        const last = state.over;
        const lines = (rest + decoder.write(await readOn(file))).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
            const event = eventIn(line);
            if (event !== null) on(event);
        }
        if (last) return;
        await Promise.race([over, wait(200)]);
    }
}

/** Null for what this does not know: an update is not to fail for a line of its log. */
function eventIn(line: string): EngineEvent | null {
    try {
        return eventSchema.parse(JSON.parse(line));
    } catch {
        return null;
    }
}

async function readOn(file: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, null);
        if (bytesRead === 0) return Buffer.concat(chunks);
        chunks.push(buffer.subarray(0, bytesRead));
    }
}
