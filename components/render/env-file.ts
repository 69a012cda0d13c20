/**
 * One line of a file that systemd (EnvironmentFile=, systemd.exec(5)) and Node (util.parseEnv) read alike. Both take
 * everything between quotes of one kind as it is, but differ in what a backslash means.
 * @throws Error, without the value, where no such line exists: it may be a secret.
 */
export function envLine(name: string, value: string): string {
    if (/^[A-Za-z0-9_@%+=:,./-]*$/.test(value)) return `${name}=${value}\n`;
    if (/[\p{Cc}\u2028\u2029]/u.test(value))
        throw new Error(`${name} contains a line break or another control character: set it again without`);
    if (!value.includes("'")) return `${name}='${value}'\n`;
    if (!/["\\$`]/.test(value)) return `${name}="${value}"\n`;
    throw new Error(`${name} contains both ' and one of " \\ $ \`, which no settings file can hold: make another key`);
}
