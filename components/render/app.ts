import { commandLine, quote } from "./shell.ts";

/** What the app's files on a server are made from. */
export interface AppInstall {
    /** tar.gz already on the server; its name carries its content's hash. */
    readonly archive: string;
    readonly user: string;
    /** Run as the user, in the app's folder. */
    readonly prepare: readonly string[] | undefined;
}

/** Shell that unpacks the app to /opt/app/current, keeps its admin token (stdin) from everyone else, and prepares its data. */
export function appScript({ archive, user, prepare }: AppInstall): string {
    const prepared = prepare === undefined ? "" : `runuser -u ${quote(user)} -- ${commandLine(prepare)}\n`;
    return `set -eu
install -d -m 0755 /opt/app
install -m 0600 -o ${quote(user)} -g ${quote(user)} /dev/stdin /etc/slotkeeper/app-token
rm -rf /opt/app/next
mkdir /opt/app/next
tar -xf ${quote(archive)} -C /opt/app/next --no-same-owner
rm -rf /opt/app/previous
[ ! -e /opt/app/current ] || mv /opt/app/current /opt/app/previous
mv /opt/app/next /opt/app/current
rm -f ${quote(archive)}
cd /opt/app/current
${prepared}`;
}
