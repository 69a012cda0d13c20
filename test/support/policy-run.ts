import assert from "node:assert/strict";
import { join } from "node:path";
import { makeStack } from "./pulumi-stack.ts";

/** The pack that is judged by: the project's own. */
export const policyPack = join(import.meta.dirname, "../../policy");

const plugins = ["language-nodejs", "aws", "command", "random"];

/** What the CLI said of one stack under the policy pack. */
export interface Ruling {
    readonly refused: boolean;
    readonly output: string;
    /** What a rule said, a text each: the resource's type and name, then the message. */
    readonly by: (rule: string) => string[];
}

/** Previews (or makes) a program's resources with the real engine and the project's policy pack. */
export async function judge(
    config: Readonly<Record<string, string>>,
    program: () => void,
    operation: "preview" | "up" = "preview",
): Promise<Ruling> {
    await using made = await makeStack(plugins, () => {
        program();
        return Promise.resolve();
    });
    for (const [key, value] of Object.entries(config)) await made.stack.setConfig(`slotkeeper:${key}`, { value });
    const { output, refused } = await made.stack[operation]({ policyPacks: [policyPack], color: "never" }).then(
        ({ stdout, stderr }) => ({ output: stdout + stderr, refused: false }),
        // A failed command's message has its output, and all of it again as the cause.
        (error: unknown) => ({ output: String(error).split("\n err?: ")[0] ?? "", refused: true }),
    );
    assert.match(output, /slotkeeper@v/, `the policy pack has run:\n${output}`);
    assert.doesNotMatch(output, /can't run policy/, "no rule gives up for a value that a preview cannot know");
    return { refused, output, by: (rule) => messages(output, rule) };
}

/** The CLI's list: `- [mandatory]  rule  (type: name)`, then the description and the message, indented. */
function messages(output: string, rule: string): string[] {
    return output
        .split(/\n(?=\s+- \[)/)
        .filter((entry) => entry.trimStart().startsWith(`- [mandatory]  ${rule} `))
        .map((entry) => (entry.split(/\n\s*\n/)[0] ?? "").replaceAll(/\s+/g, " ").trim());
}
