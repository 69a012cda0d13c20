import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { z } from "zod";

/** One write to one database; "global" is the name of the global one. Times are epoch ms on the sender's clock. */
const writeLine = z.object({
    slot: z.string(),
    seq: z.int(),
    sentAt: z.int(),
    /** Null when no answer said that it is committed. */
    ackedAt: z.int().nullable(),
    /** The answer's HTTP status when it says that nothing was written. */
    refused: z.int().optional(),
});

/** The creation or deactivation of a slot. */
const eventLine = z.object({
    event: z.enum(["created", "deactivated"]),
    slot: z.string(),
    at: z.int(),
    phase: z.enum(["sent", "acked"]),
});

/** One line of the log. */
export type LoadLine = z.infer<typeof writeLine> | z.infer<typeof eventLine>;

/** What the log says of one database. Times are epoch ms. */
export interface LoggedDatabase {
    /** In order of `seq`. */
    acknowledged: { seq: number; sentAt: number; ackedAt: number }[];
    /** Sent, but no answer came: they may or may not have been committed. */
    uncertain: number[];
    created: LoggedEvent | null;
    deactivated: LoggedEvent | null;
}

/** A request and its acknowledgement; `ackedAt` is null when none came. */
export interface LoggedEvent {
    readonly sentAt: number;
    ackedAt: number | null;
}

/** Appends lines to a log file. */
export class LoadLog {
    readonly #stream;
    #failure: Error | null = null;

    constructor(path: string) {
        this.#stream = createWriteStream(path, { flags: "a", mode: 0o600 });
        this.#stream.on("error", (error) => {
            this.#failure = error;
        });
    }

    append(line: LoadLine): void {
        this.#stream.write(`${JSON.stringify(line)}\n`);
    }

    /** Ends the log. @throws the failure, when not every line could be written. */
    async close(): Promise<void> {
        if (this.#failure === null) {
            this.#stream.end();
            await once(this.#stream, "close");
        }
        if (this.#failure !== null) throw this.#failure;
    }
}

/**
 * Reads a load generator's log, by database.
 * @throws Error naming the line that is not one of the log's; only a last line cut short is passed over.
 */
export async function readLoadLog(path: string): Promise<Map<string, LoggedDatabase>> {
    const databases = new Map<string, LoggedDatabase>();
    const lines = (await readFile(path, "utf8")).split("\n");
    // The text after the last line break is empty, or a line that was never finished.
    for (const [index, text] of lines.slice(0, -1).entries()) {
        const line = parseLine(text, `${path}, line ${index + 1}`);
        let database = databases.get(line.slot);
        if (database === undefined) {
            database = { acknowledged: [], uncertain: [], created: null, deactivated: null };
            databases.set(line.slot, database);
        }
        take(database, line);
    }
    for (const { acknowledged, uncertain } of databases.values()) {
        acknowledged.sort((one, other) => one.seq - other.seq);
        uncertain.sort((one, other) => one - other);
    }
    return databases;
}

function parseLine(text: string, where: string): LoadLine {
    try {
        return z.union([writeLine, eventLine]).parse(JSON.parse(text));
    } catch (cause) {
        throw new Error(`${where}: not a line of a load log`, { cause });
    }
}

function take(database: LoggedDatabase, line: LoadLine): void {
    if (!("event" in line)) {
        const { seq, sentAt, ackedAt, refused } = line;
        if (ackedAt !== null) database.acknowledged.push({ seq, sentAt, ackedAt });
        else if (refused === undefined) database.uncertain.push(seq);
        return;
    }
    if (line.phase === "sent") database[line.event] = { sentAt: line.at, ackedAt: null };
    else if (database[line.event] !== null) (database[line.event] as LoggedEvent).ackedAt = line.at;
    else throw new Error(`slot ${line.slot}: ${line.event} was acknowledged, but never asked for`);
}
