import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { clearRun, leftovers, type Run } from "../../../local/run.ts";
import type { Progress } from "../../progress.ts";
import type { DrillRecord } from "../record.ts";
import { tearDown } from "../stacks.ts";

/**
 * Destroys the drill's stacks (staging first: it refers to production), then whatever is left of the run, and looks
 * for traces. Never throws: what could not be removed is named.
 */
export async function destroy(
    run: Run,
    stacks: readonly Stack[],
    onOutput: (text: string) => void,
    progress: Progress,
): Promise<DrillRecord["cleanup"]> {
    const problems: string[] = [];
    for (const stack of [...stacks].reverse()) {
        progress(`destroying ${stack.name}`);
        // Once more if need be: Ctrl-C in a terminal reaches Pulumi, too, and cancels its destroy.
        const again = () => tearDown(stack, onOutput);
        await again()
            .catch(again)
            .catch((error: unknown) => {
                problems.push(
                    `stack ${stack.name}: ${error instanceof Error ? firstLine(error.message) : String(error)}`,
                );
            });
    }
    progress("removing the object store, the network and the keys");
    await clearRun(run.dir).catch((error: unknown) => problems.push(`run ${run.id}: ${String(error)}`));
    const found = [...problems, ...tracesOf(run)];
    return { destroyed: found.length === 0, kept: false, leftovers: found };
}

/** Where nobody can look, nobody can say that nothing is left. */
function tracesOf(run: Run): string[] {
    try {
        return leftovers(run);
    } catch (error) {
        return [`what is left of run ${run.id} cannot be told: ${String(error)}`];
    }
}

function firstLine(text: string): string {
    return text.split("\n").find((line) => line.trim() !== "") ?? text;
}
