import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { cacheDir } from "../../local/cache.ts";
import { type DrillRecord, recordSchema } from "../../scripts/drill/record.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A drill in a process of its own, as a person starts it. */
export class DrillProcess {
    readonly #child;
    readonly #report: string;
    #stderr = "";

    private constructor(report: string, args: readonly string[]) {
        this.#report = report;
        const argv = [
            "local/bootstrap.mjs",
            "scripts/slotkeeper.ts",
            "drill",
            "--report",
            join(report, "report"),
            ...args,
        ];
        this.#child = execa(process.execPath, argv, {
            cwd: root,
            reject: false,
            stdin: "ignore",
            env: { INIT_CWD: root },
        });
        this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    }

    static async start(...args: string[]): Promise<DrillProcess> {
        return new DrillProcess(await mkdtemp(join(tmpdir(), "slotkeeper-drill-")), args);
    }

    /** Waits until a line of its progress matches; fails with all it said when it ends before. */
    async until(pattern: RegExp): Promise<RegExpExecArray> {
        for (;;) {
            const match = pattern.exec(this.#stderr);
            if (match !== null) return match;
            const ended = await Promise.race([
                this.#child.then(() => true),
                new Promise<false>((go) => setTimeout(go, 50, false)),
            ]);
            if (ended && !pattern.test(this.#stderr))
                throw new Error(`the drill ended before ${String(pattern)}:\n${this.#stderr}`);
        }
    }

    /** The run's folder, known as soon as it is open. */
    async run(): Promise<{ id: string; dir: string }> {
        const [, id = ""] = await this.until(/ run (\d{8}T\d{6}-\w{6})\n/);
        return { id, dir: join(cacheDir(), "runs", id) };
    }

    signal(name: NodeJS.Signals): void {
        this.#child.kill(name);
    }

    /** Waits for its end. */
    async end(): Promise<{ status: number | undefined; killedBy: string | undefined; stdout: string; stderr: string }> {
        const { exitCode, signal, stdout } = await this.#child;
        return { status: exitCode, killedBy: signal, stdout, stderr: this.#stderr };
    }

    async record(): Promise<DrillRecord> {
        return recordSchema.parse(JSON.parse(await this.reportFile("drill.json")));
    }

    /** What a file of its report says. */
    reportFile(name: string): Promise<string> {
        return readFile(join(this.#report, "report", name), "utf8");
    }

    /** Ends it if it still runs, and removes its report. */
    async [Symbol.asyncDispose](): Promise<void> {
        this.#child.kill("SIGTERM");
        await this.#child;
        await rm(this.#report, { recursive: true, force: true });
    }
}
