/** Where a server keeps the result of its last recovery; read by the drill. */
export const recoveryResultPath = "/var/lib/slotkeeper/recovery.json";

/**
 * Shell that restores the whole fleet. Status 11 means "some database failed its check": the result names it, and the
 * other databases still get their app, so it does not stop the update.
 */
export function recoveryScript(mayBeNew: boolean): string {
    const allow = mayBeNew ? " --allow-empty-replica" : "";
    return `status=0
timeout 3600 slotkeeper restore all --result ${recoveryResultPath}${allow} || status=$?
[ "$status" -eq 11 ] && exit 0
exit "$status"
`;
}
