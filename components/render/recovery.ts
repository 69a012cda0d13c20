import { quote } from "./shell.ts";

/** Where a server keeps the result of its last recovery; read by the drill. */
export const recoveryResultPath = "/var/lib/slotkeeper/recovery.json";

/**
 * Shell that restores the whole fleet. Status 11 means "some database failed its check": the result names it, and the
 * other databases still get their app, so it does not stop the update; without a sound global database there is no fleet
 * to give to an app, so that does.
 * @param globalPath of the global database on the server.
 */
export function recoveryScript(mayBeNew: boolean, globalPath: string): string {
    const allow = mayBeNew ? " --allow-empty-replica" : "";
    return `status=0
timeout 3600 slotkeeper restore all --result ${recoveryResultPath}${allow} || status=$?
[ "$status" -eq 11 ] && [ -e ${quote(globalPath)} ] && exit 0
exit "$status"
`;
}

/** For a server that has been recovered, when only the way to it has changed: its databases are live. */
export const alreadyRecovered = 'echo "nothing restored: this server was recovered when it was made"';
