import { commandLine, quote } from "./shell.ts";

/** What the app's files on a server are made from. */
export interface AppInstall {
    /** tar.gz on the server; needed only where this release is not there yet. */
    readonly archive: string;
    /** Names the release's folder: a hash of the archive. */
    readonly release: string;
    readonly user: string;
    /** Run as the user, in the app's folder. */
    readonly prepare: readonly string[] | undefined;
}

/**
 * Shell that unpacks the app beside its other releases, switches /opt/app/current to it in one rename, keeps its admin
 * token (stdin) from everyone else, and prepares its data. May be run again, as it is after a failure and for another
 * token: the archive is then gone, and `prepare` runs once more. The release before stays, older ones go.
 */
export function appScript({ archive, release, user, prepare }: AppInstall): string {
    const folder = `/opt/app/releases/${release}`;
    const prepared = prepare === undefined ? "" : `runuser -u ${quote(user)} -- ${commandLine(prepare)}\n`;
    return `set -eu
install -d -m 0755 /opt/app /opt/app/releases
token=/etc/slotkeeper/app-token
(umask 077 && cat >$token.new)
chown ${quote(`${user}:`)} $token.new
mv $token.new $token
if [ ! -d ${quote(folder)} ]; then
  rm -rf ${quote(`${folder}.partial`)}
  mkdir ${quote(`${folder}.partial`)}
  tar -xf ${quote(archive)} -C ${quote(`${folder}.partial`)} --no-same-owner
  mv ${quote(`${folder}.partial`)} ${quote(folder)}
  before=$(basename "$(readlink /opt/app/current || echo none)")
  find /opt/app/releases -mindepth 1 -maxdepth 1 ! -name ${quote(release)} ! -name "$before" -exec rm -rf {} +
fi
rm -f ${quote(archive)}
ln -sfn ${quote(`releases/${release}`)} /opt/app/current.new
mv -T /opt/app/current.new /opt/app/current
cd /opt/app/current
${prepared}`;
}
