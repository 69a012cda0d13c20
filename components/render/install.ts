import { quote } from "./shell.ts";

/** What one release on a server is made from. */
export interface Install {
    /** tar.gz already on the server; needed only where this release is not there, whole, yet. */
    readonly archive: string;
    /** Names the release's folder: the hash of its contents (components/artifact.ts). */
    readonly release: string;
    /** Under which it is remembered, with the generation of this installation. */
    readonly name: string;
    readonly generation: string;
    readonly user: string;
    readonly dataDir: string;
}

/**
 * Shell that unpacks a release beside the others, proves that it is whole and that its programs run, switches to it in
 * one rename, and has the services settle on it. Where they do not, it switches back and ends with 11. Running it again
 * changes nothing, and completes what was cut off. The release before stays, older ones go.
 * A data folder that is there already keeps its owner and mode: it may be a live app's.
 */
export function installScript(install: Install): string {
    const { user, dataDir } = install;
    return `set -eu
umask 022
say() { echo "slotkeeper: $*" >&2; }
mkdir -p /opt/slotkeeper/releases
# One installation at a time; what a cut connection left behind is first carried to its end.
exec 9>/opt/slotkeeper/.lock
flock -w 300 9 || { say 'another installation has been going on for five minutes'; exit 12; }
id ${quote(user)} >/dev/null 2>&1 || useradd --system --user-group --home-dir ${quote(dataDir)} --shell /usr/sbin/nologin ${quote(user)}
for data in ${quote(dataDir)} ${quote(`${dataDir}/slots`)}; do
  [ -d "$data" ] || install -d -m 0750 -o ${quote(user)} -g ${quote(user)} "$data"
done
install -d -m 0755 /etc/slotkeeper /etc/litestream /var/lib/slotkeeper
${unpack(install)}
${switchTo(install)}
`;
}

function unpack({ archive, release, name }: Install): string {
    const folder = `/opt/slotkeeper/releases/${release}`;
    return `folder=${quote(folder)}
contents() {
  (cd "$1" && find . -type f | cut -c3- | LC_ALL=C sort | while read -r file; do printf '%s\\0' "$file"; cat "./$file"; done) | sha256sum | cut -c1-16
}
if [ ! -d "$folder" ] || [ "$(contents "$folder")" != ${quote(release)} ]; then
  rm -rf "$folder.partial" "$folder.broken"
  mkdir "$folder.partial"
  if ! tar -xf ${quote(archive)} -C "$folder.partial" --no-same-owner || [ "$(contents "$folder.partial")" != ${quote(release)} ]; then
    rm -rf "$folder.partial" ${quote(archive)}
    mkdir -p /var/lib/slotkeeper/applied && chmod 0700 /var/lib/slotkeeper/applied
    echo ${quote(archive)} >/var/lib/slotkeeper/applied/${name}.incomplete
    say ${quote(`the uploaded release ${release} is not whole: nothing was changed. Run pulumi up again; where it was the first one: pulumi up --replace '**::runtime-upload'`)}
    exit 11
  fi
  for try in "slotkeeper --version" "litestream version"; do
    # Split into program and argument.
    if ! words=$("$folder.partial/bin/"$try 2>&1 9>&-); then
      rm -rf "$folder.partial"
      say "$try of release "${quote(release)}" does not run on this server: $words"
      say 'nothing was changed. Was it built for this processor (slotkeeper:server)?'
      exit 11
    fi
  done
  [ ! -d "$folder" ] || mv "$folder" "$folder.broken"
  mv "$folder.partial" "$folder"
  rm -rf "$folder.broken"
fi`;
}

/** The services are given a file to write to: where the connection is cut, nothing must end for want of a reader. */
function switchTo({ archive, release, name, generation }: Install): string {
    return `use() {
  ln -sfn "releases/$1" /opt/slotkeeper/current.new
  mv -T /opt/slotkeeper/current.new /opt/slotkeeper/current
}
settle() {
  timeout -k 10 300 /opt/slotkeeper/current/bin/slotkeeper release settle "$@" >"$log" 2>&1 9>&-
}
log=/var/lib/slotkeeper/settle.log
settled=$(basename "$(readlink /opt/slotkeeper/settled || readlink /opt/slotkeeper/current || echo none)")
trap '' HUP INT TERM PIPE
use ${quote(release)}
ln -sfn /opt/slotkeeper/current/bin/slotkeeper /usr/local/bin/slotkeeper
if ! settle; then
  words=$(cat "$log")
  if [ "$settled" = ${quote(release)} ] || [ ! -x "/opt/slotkeeper/releases/$settled/bin/slotkeeper" ]; then
    systemctl start app.service 2>/dev/null || true
    say "the services do not come up with release "${quote(release)}", and there is no other to go back to: $words"
    exit 11
  fi
  use "$settled"
  if settle --back; then
    say "the services did not come up with release "${quote(release)}": the release before ($settled) runs again. Correct what is wrong and run pulumi up again. What was wrong: $words"
  else
    systemctl start app.service 2>/dev/null || true
    say "the services did not come up with release "${quote(release)}", nor with the release before ($settled), which is in place again. Look at journalctl -u 'litestream@*' -u app. With the new one: $words"
    say "with the old one: $(cat "$log")"
  fi
  exit 11
fi
/opt/slotkeeper/current/bin/slotkeeper release record --name ${quote(name)} --generation ${quote(generation)} --program ${quote(release)} 9>&-
ln -sfn ${quote(`releases/${release}`)} /opt/slotkeeper/settled.new
mv -T /opt/slotkeeper/settled.new /opt/slotkeeper/settled
[ "$settled" = ${quote(release)} ] || find /opt/slotkeeper/releases -mindepth 1 -maxdepth 1 ! -name ${quote(release)} ! -name "$settled" -exec rm -rf {} +
# Also the archives of releases that were not taken.
rm -f /var/tmp/slotkeeper-*.tar.gz ${quote(archive)} /var/lib/slotkeeper/applied/${name}.incomplete
cat "$log"
slotkeeper --version`;
}
