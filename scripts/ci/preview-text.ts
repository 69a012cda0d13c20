/** One preview of one stack. */
export interface Preview {
    readonly stack: string;
    /** What the CLI printed; it shows no secret. */
    readonly output: string;
    readonly passed: boolean;
    readonly commit: string;
}

/** GitHub takes 65,536 characters; some are the frame's. */
const MOST = 60_000;

/**
 * A preview as a comment of a pull request. The end is kept: the policies and the summary are there.
 * @returns the mark by which the stack's comment is found again, and the comment with it.
 */
export function previewComment({ stack, output, passed, commit }: Preview): { mark: string; body: string } {
    const mark = `<!-- slotkeeper-preview ${stack} -->`;
    const text = output.trimEnd();
    const cut = text.length <= MOST ? text : `… (the beginning is in the job's log)\n${text.slice(-MOST)}`;
    // Longer than any fence in the text, so that nothing in it ends the block.
    const fence = "`".repeat(Math.max(3, ...[...cut.matchAll(/`+/g)].map(([run]) => run.length + 1)));
    const title = `### ${passed ? "Preview" : "Preview **failed**"} of \`${stack}\` at ${commit.slice(0, 7)}`;
    return { mark, body: `${mark}\n${title}\n\n${fence}text\n${cut}\n${fence}\n` };
}
