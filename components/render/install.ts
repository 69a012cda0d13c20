import { quote } from "./shell.ts";

/** What one release on a server is made from. */
export interface Install {
    /** tar.gz already on the server. */
    readonly archive: string;
    /** Names the release's folder. */
    readonly release: string;
    readonly user: string;
    readonly dataDir: string;
}

/**
 * Shell that unpacks a release beside the others and switches to it in one rename; running it again changes nothing.
 * A data folder that is there already keeps its owner and mode: it may be a live app's. The release before stays, older
 * ones go.
 */
export function installScript({ archive, release, user, dataDir }: Install): string {
    const folder = `/opt/slotkeeper/releases/${release}`;
    return `set -eu
id ${quote(user)} >/dev/null 2>&1 || useradd --system --user-group --home-dir ${quote(dataDir)} --shell /usr/sbin/nologin ${quote(user)}
for data in ${quote(dataDir)} ${quote(`${dataDir}/slots`)}; do
  [ -d "$data" ] || install -d -m 0750 -o ${quote(user)} -g ${quote(user)} "$data"
done
install -d -m 0755 /etc/slotkeeper /etc/litestream /var/lib/slotkeeper
if [ ! -d ${quote(folder)} ]; then
  rm -rf ${quote(`${folder}.partial`)}
  mkdir -p ${quote(`${folder}.partial`)}
  tar -xf ${quote(archive)} -C ${quote(`${folder}.partial`)} --no-same-owner
  mv ${quote(`${folder}.partial`)} ${quote(folder)}
  before=$(basename "$(readlink /opt/slotkeeper/current || echo none)")
  find /opt/slotkeeper/releases -mindepth 1 -maxdepth 1 ! -name ${quote(release)} ! -name "$before" -exec rm -rf {} +
fi
rm -f ${quote(archive)}
ln -sfn ${quote(`releases/${release}`)} /opt/slotkeeper/current.new
mv -T /opt/slotkeeper/current.new /opt/slotkeeper/current
ln -sfn /opt/slotkeeper/current/bin/slotkeeper /usr/local/bin/slotkeeper
slotkeeper --version
`;
}
