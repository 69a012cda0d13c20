import { quote } from "./shell.ts";

/** What a staging server holds of production, and when it must be gone. */
export interface Disposal {
    /** Folder of the restored databases. */
    readonly dataDir: string;
    /** RFC 3339. */
    readonly expiresAt: string;
    readonly lifetimeMinutes: number;
    /** Whether the machine itself ends too: only one that was made for the drill. */
    readonly powersOff: boolean;
}

/** Says that this server is a staging server: without it nothing is ever removed. */
const marker = "/var/lib/slotkeeper-staging";
const wipe = "/usr/local/sbin/slotkeeper-wipe";
const unit = "slotkeeper-expiry";

const isProduction = `grep -qs '"role": "production"' /etc/slotkeeper/fleet.json`;

/**
 * Shell that removes what a drill restored, and the keys; on a server that is no staging server it does nothing.
 * It may be run again, and fails when something of the databases is left.
 */
export function wipeScript(dataDir: string): string {
    const data = quote(dataDir);
    return `[ -e ${marker} ] || { echo "nothing of a drill is here"; exit 0; }
if ${isProduction}; then
  echo "this is a production server: nothing is removed" >&2
  exit 1
fi
systemctl disable --now app.service >/dev/null 2>&1 || true
for attempt in 1 2 3; do
  # A restore that is still under way would write again.
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/exe" 2>/dev/null)" in
      /opt/slotkeeper/*) kill -KILL "\${process#/proc/}" 2>/dev/null || true ;;
    esac
  done
  [ ! -e ${data} ] || find ${data} -mindepth 1 -delete 2>/dev/null || sleep 1
done
rmdir ${data} 2>/dev/null || true
rm -rf /var/lib/slotkeeper /etc/slotkeeper /etc/systemd/system/app.service
if [ -e ${data} ] && [ -n "$(ls -A ${data})" ]; then
  echo ${quote(`${dataDir} cannot be emptied: remove what is in it by hand`)} >&2
  exit 1
fi
rm -f ${marker}
echo ${quote(`removed ${dataDir} and the keys`)}
`;
}

/**
 * Shell that makes a server a staging server before anything is restored to it: it refuses production's, and a folder
 * that holds somebody's data; it clears what an earlier drill left; and it sets the timer of the server's end.
 */
export function disposalScript(disposal: Disposal): string {
    const data = quote(disposal.dataDir);
    return `set -eu
if ${isProduction}; then
  echo "this is a production server: give slotkeeper:server of the staging stack a server of its own" >&2
  exit 1
fi
if [ -e ${marker} ]; then
  [ ! -x ${wipe} ] || ${wipe}
elif [ -d ${data} ] && [ -n "$(ls -A ${data})" ]; then
  echo ${quote(`${disposal.dataDir} is not empty, and a drill removes that folder at its end: name another one in slotkeeper:fleet, or empty it`)} >&2
  exit 1
fi
${timerScript(disposal)}`;
}

/** Shell that writes the timer and what it starts; the time of the end stays what it was. */
export function timerScript({ dataDir, expiresAt, lifetimeMinutes, powersOff }: Disposal): string {
    const calendar = `${expiresAt.slice(0, 10)} ${expiresAt.slice(11, 19)} UTC`;
    return `set -eu
mkdir -p /usr/local/sbin /var/lib
cat >${wipe} <<'SLOTKEEPER_END'
#!/bin/sh
${wipeScript(dataDir)}SLOTKEEPER_END
chmod 0700 ${wipe}
cat >/etc/systemd/system/${unit}.service <<'SLOTKEEPER_END'
[Unit]
Description=End of this staging server: what a drill restored is removed

[Service]
Type=oneshot
ExecStart=${wipe}
${powersOff ? "ExecStopPost=/bin/systemctl --no-block poweroff\n" : ""}SLOTKEEPER_END
cat >/etc/systemd/system/${unit}.timer <<'SLOTKEEPER_END'
[Unit]
Description=Ends this staging server, whatever becomes of the drill

[Timer]
# By the clock, which outlives a restart, and by the time since now, which needs no right clock.
OnCalendar=${calendar}
OnActiveSec=${lifetimeMinutes}min
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
SLOTKEEPER_END
systemctl daemon-reload
systemctl enable --now ${unit}.timer >/dev/null 2>&1
systemctl is-active --quiet ${unit}.timer
echo ${quote(expiresAt)} >${marker}
echo ${quote(`ends at ${expiresAt}`)}
`;
}

/** Shell that ends a staging server that stays: its databases, its keys, its timer. */
export function disposeScript(dataDir: string): string {
    return `(
${wipeScript(dataDir)}) || exit $?
systemctl disable --now ${unit}.timer >/dev/null 2>&1 || true
rm -f /etc/systemd/system/${unit}.timer /etc/systemd/system/${unit}.service ${wipe}
systemctl daemon-reload
`;
}
