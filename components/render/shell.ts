/** One word of a POSIX shell command, quoted so that the shell reads back exactly `word`. */
export function quote(word: string): string {
    return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A POSIX shell command that runs exactly `argv`. */
export function commandLine(argv: readonly string[]): string {
    return argv.map(quote).join(" ");
}

/**
 * Shell that runs a script as root: as it is for root, through sudo for anybody else. Standard input goes to the script.
 * Where sudo is missing or asks for a password, nothing runs, and the message says what to do.
 */
export function asRoot(user: string, script: string): string {
    if (user === "root") return script;
    const refusal = `slotkeeper: ${user} may not use sudo without a password on this server. Log in as root, or allow it there: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/slotkeeper`;
    return `sudo -n true 2>/dev/null || { echo ${quote(refusal)} >&2; exit 2; }
exec sudo -n sh -c ${quote(script)}
`;
}
