import { commandLine, quote } from "./shell.ts";

/** What the app's files on a server are made from. */
export interface AppInstall {
    /** tar.gz on the server; needed only where this release is not there, whole, yet. */
    readonly archive: string;
    /** Names the release's folder: the first 16 hex digits of the archive's SHA-256. */
    readonly release: string;
    /** Under which it is remembered, with the generation of this installation. */
    readonly name: string;
    readonly generation: string;
    readonly user: string;
    /** Run as the user, in the release's folder. */
    readonly prepare: readonly string[] | undefined;
    /** Whether the release is put into use here; where there is a service, that does it, for it can go back. */
    readonly use: boolean;
}

/**
 * Shell that unpacks the app beside its other releases, keeps its admin token (stdin) from everyone else, and prepares
 * its data. May be run again, as it is after a failure, for another token and when a file has drifted: `prepare` then
 * runs once more. The release in use stays, older ones go.
 */
export function appScript({ archive, release, name, generation, user, prepare, use }: AppInstall): string {
    const folder = `/opt/app/releases/${release}`;
    const prepared = prepare === undefined ? "" : `runuser -u ${quote(user)} -- ${commandLine(prepare)}\n`;
    const used = `ln -sfn ${quote(`releases/${release}`)} /opt/app/current.new
mv -T /opt/app/current.new /opt/app/current
`;
    return `set -eu
umask 022
install -d -m 0755 /opt/app /opt/app/releases
token=/etc/slotkeeper/app-token
(umask 077 && cat >$token.new)
chown ${quote(`${user}:`)} $token.new
mv $token.new $token
folder=${quote(folder)}
archive=${quote(archive)}
# A new upload replaces what is there: it comes only for another version, or when a file has drifted.
if [ -f "$archive" ] || [ ! -d "$folder" ]; then
  rm -rf "$folder.partial" "$folder.broken"
  mkdir "$folder.partial"
  if [ "$(sha256sum "$archive" | cut -c1-16)" != ${quote(release)} ] || ! tar -xf "$archive" -C "$folder.partial" --no-same-owner; then
    rm -rf "$folder.partial" "$archive"
    mkdir -p /var/lib/slotkeeper/applied && chmod 0700 /var/lib/slotkeeper/applied
    echo "$archive" >/var/lib/slotkeeper/applied/${name}.incomplete
    echo ${quote(`slotkeeper: the uploaded app (release ${release}) is not whole: nothing was changed. Run pulumi up again; where it was the first one: pulumi up --replace '**::app-upload'`)} >&2
    exit 11
  fi
  [ ! -d "$folder" ] || mv "$folder" "$folder.broken"
  mv "$folder.partial" "$folder"
  rm -rf "$folder.broken"
fi
rm -f "$archive" /var/lib/slotkeeper/applied/${name}.incomplete
before=$(basename "$(readlink /opt/app/current || echo none)")
${use ? used : ""}[ "$before" = ${quote(release)} ] || find /opt/app/releases -mindepth 1 -maxdepth 1 ! -name ${quote(release)} ! -name "$before" -exec rm -rf {} +
cd "$folder"
${prepared}slotkeeper release record --name ${quote(name)} --generation ${quote(generation)} --folder "$folder"${use ? " --link /opt/app/current" : ""}
`;
}
