import process from "node:process";
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";

/** Says on stderr what is going on. */
export const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
};

/** Runs a program of the toolchain with its arguments; what a person can act on is said, and sets the exit status. */
export async function runProgram(main: (args: readonly string[]) => Promise<void>): Promise<void> {
    try {
        await main(process.argv.slice(2));
    } catch (error) {
        if (!(error instanceof SlotkeeperError)) throw error;
        say(`Error: ${error.message}`);
        if (error.hint !== undefined) say(`Try: ${error.hint}`);
        process.exitCode = EXIT[error.kind];
    }
}
