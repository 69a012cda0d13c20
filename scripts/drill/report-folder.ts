import { constants, existsSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SlotkeeperError } from "../errors.ts";
import { writeReport } from "../report/write.ts";
import { openLog } from "./log.ts";
import { type DrillRecord, markLatest, writeRecord } from "./record.ts";

/** Where a drill reports to. Nothing is made before `create`: a drill that is refused leaves no folder. */
export class ReportFolder {
    #path: string;
    readonly #isDefault: boolean;
    #log: ReturnType<typeof openLog> | null = null;

    /** @param asked the folder that the person named; null for reports/<run> where the project is. */
    constructor(asked: string | null) {
        this.#isDefault = asked === null;
        this.#path = asked ?? resolve("reports");
    }

    get path(): string {
        return this.#path;
    }

    get exists(): boolean {
        return this.#log !== null;
    }

    /** @throws SlotkeeperError (usage) where a report is there already, or none can be written. */
    async requireFree(): Promise<void> {
        if (existsSync(join(this.path, "drill.json")))
            throw new SlotkeeperError(
                "usage",
                `${this.path} holds the report of another drill`,
                "Name another folder with --report.",
            );
        let ancestor = this.path;
        while (!existsSync(ancestor)) ancestor = dirname(ancestor);
        await access(ancestor, constants.W_OK).catch((cause: unknown) => {
            throw new SlotkeeperError(
                "usage",
                `no report can be written to ${this.path}: ${(cause as Error).message}`,
                "Name a folder of yours with --report.",
                { cause },
            );
        });
    }

    async create(runId: string): Promise<void> {
        if (this.#isDefault) this.#path = join(this.#path, runId);
        await mkdir(this.path, { recursive: true });
        this.#log = openLog(this.path, "pulumi.log");
    }

    /** What tools print. */
    readonly log = (text: string): void => {
        this.#log?.write(text);
    };

    /** Writes the record as it stands; does nothing before `create`. */
    async save(record: DrillRecord): Promise<void> {
        if (this.exists) await writeRecord(this.path, record);
    }

    /** Writes the finished record and what is made from it. */
    async finish(record: DrillRecord): Promise<void> {
        await this.#log?.close();
        await this.save(record);
        await writeReport(this.path, record);
        if (this.#isDefault) await markLatest(this.path);
    }
}
