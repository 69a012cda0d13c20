import { recoveryResultPath } from "./recovery.ts";

/** Where a staging server keeps what its verification saw. */
export const verificationPath = "/var/lib/slotkeeper/verification.json";

/**
 * Shell that judges what was restored and prints the verdict as one line of JSON. Status 11 means that something is not
 * sound: it fails the update where `fails`, with the names on stderr and nothing else.
 */
export function verificationScript(fails: boolean): string {
    const judged = fails ? '"$status" -eq 0' : '"$status" -eq 0 ] || [ "$status" -eq 11';
    return `status=0
verdict=$(timeout 3600 slotkeeper verify --recovery ${recoveryResultPath} --result ${verificationPath}) || status=$?
if [ ${judged} ]; then
  printf '%s\\n' "$verdict"
  exit 0
fi
exit "$status"
`;
}
