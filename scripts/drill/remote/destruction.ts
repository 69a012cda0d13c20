import { execa } from "execa";
import type { StagingConfig } from "../../../components/config.ts";
import { SlotkeeperError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import type { DrillRecord } from "../record.ts";
import type { StackFile } from "./stack-file.ts";
import type { StagingStack } from "./staging-stack.ts";
import { expiryIn, namesIn, objections, pendingIn, type State, urnOf } from "./state.ts";

/** The resource that removes what was restored from a server that stays (components/disposal.ts). */
const wipe = "disposal-wipe";

/** Where a refusal to destroy is told apart from a failure to. */
export class NotDisposable extends SlotkeeperError {
    constructor(stack: string, reasons: readonly string[]) {
        super(
            "usage",
            `the stack ${stack} is not a drill's, whatever its name and configuration say: ${reasons.slice(0, 5).join("; ")}`,
            "Nothing of it was touched. Look at it with: npm run pulumi -- stack --stack NAME",
        );
    }
}

/** Refuses a stack that holds anything of production's. @throws NotDisposable. */
export function requireDisposable(name: string, state: State): void {
    const reasons = objections(state);
    if (reasons.length > 0) throw new NotDisposable(name, reasons);
}

/**
 * Destroys a staging stack and removes it, and looks afterwards what is left. Never throws: what could not be removed,
 * or looked at, is named. The state is looked at once more before: what is not a drill's is not destroyed.
 */
export async function destroyStaging(
    stack: StagingStack,
    name: string,
    { config, keyIsBackends }: StackFile,
    progress: Progress,
): Promise<DrillRecord["cleanup"]> {
    const leftovers: string[] = [];
    const note = (what: string) => (error: unknown) => {
        leftovers.push(`${what}: ${error instanceof Error ? firstLine(error.message) : String(error)}`);
    };
    try {
        const before = await stack.state();
        if (before !== null) {
            requireDisposable(name, before);
            progress(`destroying ${name}`);
            leftovers.push(...(await tearDown(stack, name, config, before)));
            await endMachine(config).catch(note("the machine"));
            if (keyIsBackends) progress(`${name} stays, empty: without it nobody could read the secrets of its file`);
            leftovers.push(...(await removed(stack, name, before, keyIsBackends)));
        }
    } catch (error) {
        note(`stack ${name}`)(error);
    }
    return { destroyed: leftovers.length === 0, kept: false, leftovers };
}

/** Destroys, twice if need be; then without the server that cannot be reached, which is named. */
async function tearDown(stack: StagingStack, name: string, config: StagingConfig, before: State): Promise<string[]> {
    try {
        await stack.destroy().catch(() => stack.destroy());
        return [];
    } catch (error) {
        const state = await stack.state();
        const urn = state === null ? null : urnOf(state, wipe);
        if (urn === null || config.server.kind !== "ssh") throw error;
        const { host } = config.server;
        const until = expiryIn(before);
        await stack.forget(urn);
        await stack.destroy();
        const timer = until === null ? "" : `; its own timer does that at ${new Date(until).toISOString()}, if it runs`;
        return [
            `restored databases in ${config.fleet.dataDir} and the recovery key on ${host}: they could not be removed (${firstLine(error instanceof Error ? error.message : String(error))})${timer}`,
        ];
    }
}

/**
 * Ends a machine that a command made, once more: it may have come up although no resource says so, where the update was
 * cut off. The command succeeds when there is nothing left to remove (docs/configuration.md).
 */
async function endMachine({ server }: StagingConfig): Promise<void> {
    if (server.kind !== "command") return;
    const [program = "", ...args] = server.delete;
    await execa(program, args, { stdin: "ignore", timeout: 300_000 });
}

/** Removes the stack when nothing is in it, and says what is; it may have to stay, empty. */
async function removed(stack: StagingStack, name: string, before: State, stays: boolean): Promise<string[]> {
    const unsure = pendingIn(before)
        .filter(({ type }) => type.startsWith("aws:"))
        .map(
            ({ name: resource, type }) =>
                `${resource} (${type}): it was being made when the update was cut off; look for it in the AWS console`,
        );
    const left = await stack.state();
    if (left !== null) {
        const resources = namesIn(left);
        if (resources.length > 0) return [...unsure, ...resources.map((resource) => `${resource} of stack ${name}`)];
        if (stays) return unsure;
        // Of what was cut off while it was made, nothing but the note is left in the state; it goes with the stack.
        await stack.remove();
    }
    return (await stack.state()) === null ? unsure : [...unsure, `stack ${name}`];
}

function firstLine(text: string): string {
    return text.split("\n").find((line) => line.trim() !== "") ?? text;
}
