import { quote } from "./shell.ts";

/** Where a server keeps the result of its last recovery; read by the drill. */
export const recoveryResultPath = "/var/lib/slotkeeper/recovery.json";

/**
 * Shell that brings a new server's fleet to where its backups are. Databases that are here already, as on a data volume
 * that outlived its server, are never restored over: they are kept where they are as new as their replicas; where they
 * are not, the script fails with what is older and what to do. Else the whole fleet is restored. Status 11 of that means
 * "some database failed its check": the result names it, and the other databases still get their app, so it does not
 * stop the update; without a sound global database there is no fleet to give to an app, so that does.
 * @param mayBeNew true in production, where there may be databases here, or nothing to restore yet.
 * @param dataDir folder of the databases on the server.
 */
export function recoveryScript(mayBeNew: boolean, dataDir: string): string {
    const globalPath = quote(`${dataDir}/global.db`);
    const allow = mayBeNew ? " --allow-empty-replica" : "";
    return `status=0
${mayBeNew ? keepScript(dataDir, globalPath) : ""}timeout 3600 slotkeeper restore all --result ${recoveryResultPath}${allow} || status=$?
[ "$status" -eq 11 ] && [ -e ${globalPath} ] && exit 0
exit "$status"
`;
}

function keepScript(dataDir: string, globalPath: string): string {
    const at = (name: string) => quote(`${dataDir}/${name}`);
    const aside = `mkdir ${at("aside")} && mv ${at("global.db")}* ${at(".global.db-litestream")} ${at("slots")} ${at("aside")}`;
    return `if [ -e ${globalPath} ]; then
  timeout 600 slotkeeper replication check || status=$?
  if [ "$status" -eq 0 ]; then
    echo "nothing restored: the databases that were here are as new as their replicas, and are kept"
  elif [ "$status" -eq 11 ]; then
    echo "The databases in" ${quote(dataDir)} "are not as new as their replicas, and are not restored over. To restore them, move them aside on the server, all together, then run pulumi up again:" >&2
    printf '  %s\n' ${quote(aside)} >&2
  fi
  exit "$status"
fi
`;
}

/** For a server that has been recovered, when only the way to it has changed: its databases are live. */
export const alreadyRecovered = 'echo "nothing restored: this server was recovered when it was made"';
