import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { SlotkeeperError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import { type EngineEvent, followEvents } from "./engine-events.ts";
import type { StackFile } from "./stack-file.ts";
import { type State, stateSchema } from "./state.ts";

/** What a staging stack is operated with. */
export interface StackTools {
    /** Path of the CLI. */
    readonly pulumi: string;
    readonly env: NodeJS.ProcessEnv;
    readonly file: StackFile;
    /** As Pulumi takes it. */
    readonly stack: string;
    /** Receives what Pulumi prints, for the drill's log. */
    readonly log: (text: string) => void;
}

/** Milliseconds after which an interrupted update is interrupted again: then Pulumi waits for nothing any more. */
const PATIENCE = 20_000;

/**
 * A staging stack in the user's own backend, operated by the CLI as the user would. Its configuration is a copy of the
 * stack's file, so that Pulumi, which may add a salt to it, never writes to the file itself; and no other stack gets
 * selected or unselected.
 */
export class StagingStack implements AsyncDisposable {
    readonly #tools: StackTools;
    readonly #work: string;

    private constructor(tools: StackTools, work: string) {
        this.#tools = tools;
        this.#work = work;
    }

    static async open(tools: StackTools): Promise<StagingStack> {
        const stack = new StagingStack(tools, await mkdtemp(join(tmpdir(), "slotkeeper-drill-")));
        await copyFile(join(tools.file.folder, "Pulumi.yaml"), join(stack.#work, "Pulumi.yaml"));
        await writeFile(stack.#config, tools.file.text, { mode: 0o600 });
        return stack;
    }

    /** The copy of the stack's file. */
    get #config(): string {
        return join(this.#work, `Pulumi.${this.#tools.stack.split("/").at(-1) ?? ""}.yaml`);
    }

    /** The stack's state; null where there is no such stack. */
    async state(): Promise<State | null> {
        const { exitCode, stdout, stderr } = await this.#run(["stack", "export", "--stack", this.#tools.stack]);
        if (exitCode === 0) return stateSchema.parse(JSON.parse(stdout));
        if (/no stack named|not found/i.test(stderr)) return null;
        throw failed("stack export", stderr);
    }

    /** Makes the stack, still empty, with the secrets provider that its file names. */
    async init(): Promise<void> {
        const { stack, file } = this.#tools;
        const provider = file.secretsProvider === null ? [] : [`--secrets-provider=${file.secretsProvider}`];
        const args = ["stack", "init", stack, "--no-select", "--non-interactive", ...provider];
        const { exitCode, stderr } = await this.#run(args, this.#work);
        if (exitCode !== 0) throw failed("stack init", stderr);
        // What the file says of its key is what its secrets are sealed with, whatever Pulumi makes of the copy.
        if (file.hasKey) await writeFile(this.#config, file.text, { mode: 0o600 });
    }

    /** Configuration with its secrets in clear: key with namespace → value. */
    async config(): Promise<ReadonlyMap<string, string>> {
        const args = [
            "config",
            "--json",
            "--show-secrets",
            "--stack",
            this.#tools.stack,
            "--config-file",
            this.#config,
        ];
        const { exitCode, stdout, stderr } = await this.#run(args);
        if (exitCode !== 0) throw failed("config", stderr);
        const values = JSON.parse(stdout) as Record<string, { value?: string }>;
        return new Map(Object.entries(values).map(([key, { value }]) => [key, value ?? ""]));
    }

    /** One output of a stack, secrets in clear; undefined where the stack or the output is not there. */
    async outputOf(stack: string, output: string): Promise<unknown> {
        const args = ["stack", "output", output, "--json", "--show-secrets", "--stack", stack];
        const { exitCode, stdout } = await this.#run(args);
        return exitCode === 0 ? (JSON.parse(stdout) as unknown) : undefined;
    }

    /**
     * `pulumi up`. An abort of the signal interrupts it, as Ctrl-C does.
     * @throws SlotkeeperError (checkFailed) with the diagnostics that Pulumi printed.
     */
    async up(signal: AbortSignal, progress: Progress): Promise<void> {
        const diagnostics: string[] = [];
        const ended = await this.#update("up", signal, ({ diagnosticEvent, resOutputsEvent }) => {
            if (diagnosticEvent?.severity === "error") diagnostics.push(plain(diagnosticEvent.message));
            const made = resOutputsEvent?.metadata;
            if (made?.op === "create" && !made.type.startsWith("pulumi:"))
                progress(`${made.urn.split("::").at(-1) ?? made.urn} is up`);
        });
        signal.throwIfAborted();
        if (ended.exitCode === 0) return;
        const reason = diagnostics.length > 0 ? diagnostics.join("\n") : ended.stderr;
        throw new SlotkeeperError(
            "checkFailed",
            `pulumi up of ${this.#tools.stack} failed:\n${reason}`,
            "The whole output of Pulumi is in pulumi.log beside the report.",
        );
    }

    /** `pulumi destroy`; a lock that a killed update left is removed first. @throws SlotkeeperError (remote). */
    async destroy(): Promise<void> {
        await this.#run(["cancel", "--yes", "--non-interactive", "--stack", this.#tools.stack]); // fails when nothing is under way
        const diagnostics: string[] = [];
        const { exitCode, stderr } = await this.#update("destroy", undefined, ({ diagnosticEvent }) => {
            if (diagnosticEvent?.severity === "error") diagnostics.push(plain(diagnosticEvent.message));
        });
        if (exitCode !== 0) throw failed("destroy", diagnostics[0] ?? stderr);
    }

    /** Takes one resource out of the state, without touching the thing itself. */
    async forget(urn: string): Promise<void> {
        const args = ["state", "delete", urn, "--yes", "--non-interactive", "--stack", this.#tools.stack];
        const { exitCode, stderr } = await this.#run(args);
        if (exitCode !== 0) throw failed("state delete", stderr);
    }

    /** `pulumi stack rm`; the stack's own file stays. */
    async remove(): Promise<void> {
        const args = ["stack", "rm", this.#tools.stack, "--yes", "--preserve-config", "--non-interactive"];
        const { exitCode, stderr } = await this.#run(args);
        if (exitCode !== 0) throw failed("stack rm", stderr);
    }

    /** Removes the copy of the configuration. */
    async [Symbol.asyncDispose](): Promise<void> {
        await rm(this.#work, { recursive: true, force: true });
    }

    async #update(verb: "up" | "destroy", signal: AbortSignal | undefined, on: (event: EngineEvent) => void) {
        const events = join(this.#work, `${verb}.events`);
        await writeFile(events, "", { mode: 0o600 });
        const args = [verb, "--yes", "--skip-preview", "--non-interactive", "--color=never"];
        const where = ["--stack", this.#tools.stack, "--config-file", this.#config, "--event-log", events];
        const child = this.#run([...args, ...where]);
        const release = signal === undefined ? () => undefined : interruptible(child, signal);
        const following = followEvents(events, child, on);
        try {
            const [ended] = await Promise.all([child, following]);
            this.#tools.log(`$ pulumi ${verb}\n${ended.stdout}\n${ended.stderr}\n`);
            return ended;
        } finally {
            release();
        }
    }

    /** In a process group of its own: Ctrl-C in a terminal reaches the drill alone, which then does what is right. */
    #run(args: readonly string[], cwd = this.#tools.file.folder) {
        const { pulumi, env } = this.#tools;
        // The flag of the event log is one for debugging.
        const environment = { ...env, PULUMI_DEBUG_COMMANDS: "true", PULUMI_SKIP_UPDATE_CHECK: "true" };
        return execa(pulumi, args, { cwd, env: environment, detached: true, stdin: "ignore", reject: false });
    }
}

/** Interrupts Pulumi when the signal aborts; returns what ends that. */
function interruptible(child: { kill: (signal: NodeJS.Signals) => boolean }, signal: AbortSignal): () => void {
    let again: NodeJS.Timeout | undefined;
    const interrupt = () => {
        child.kill("SIGINT");
        again = setTimeout(() => {
            child.kill("SIGINT");
            again = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
        }, PATIENCE);
    };
    if (signal.aborted) interrupt();
    else signal.addEventListener("abort", interrupt, { once: true });
    return () => {
        clearTimeout(again);
        signal.removeEventListener("abort", interrupt);
    };
}

function failed(command: string, stderr: string): SlotkeeperError {
    return new SlotkeeperError(
        "remote",
        `pulumi ${command} failed: ${plain(stderr)}`,
        "See Pulumi's message; `npm run pulumi -- whoami` shows which backend is used.",
    );
}

function plain(text: string): string {
    return text.replaceAll(/\u001b\[[0-9;]*m/g, "").trim();
}
