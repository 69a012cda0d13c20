/** One word of a POSIX shell command, quoted so that the shell reads back exactly `word`. */
export function quote(word: string): string {
    return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A POSIX shell command that runs exactly `argv`. */
export function commandLine(argv: readonly string[]): string {
    return argv.map(quote).join(" ");
}
