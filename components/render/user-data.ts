import { dump } from "js-yaml";
import { quote } from "./shell.ts";

/** What a new EC2 server does at its first boot. */
export interface UserData {
    /** The data volume, where there is one; the user that owns what is on it. */
    readonly volume?: { readonly id: string; readonly mountPoint: string; readonly user: string };
    /** Minutes after which the server powers itself off, which terminates it; where it is a drill's. */
    readonly lifetimeMinutes?: number;
}

/** Around what a server says of itself on its console: `host-key <type> <base64>`, or `problem <words>`. */
export const consoleMarkers = {
    begin: "-----BEGIN SLOTKEEPER SERVER-----",
    end: "-----END SLOTKEEPER SERVER-----",
} as const;

/** EC2 takes no more, before base64 (docs.aws.amazon.com/AWSEC2, "Instance user data limitations"). */
export const userDataLimitBytes = 16 * 1024;

/**
 * The app's user has this id on every EC2 server, so that what is on a volume that outlived its server still belongs to
 * it. System users are numbered from 999 downwards (/etc/login.defs), and do not get here.
 */
const userId = 880;

/** Seconds that a new server waits for its volume to be attached. */
const attachSeconds = 600;

/** Where EC2's Nitro servers have a volume, whatever its device is called. */
export function volumeDevice(volumeId: string): string {
    return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

/**
 * The user data (cloud-config) of an EC2 server. It holds no secret: every process on the server, and whoever may
 * describe it, can read it. Before anything else it sets the server's end, where it has one; last it says on the
 * console which host key it has, once its data volume is mounted.
 */
export function userData({ volume, lifetimeMinutes }: UserData): string {
    const config = {
        ...(lifetimeMinutes !== undefined && { bootcmd: [endScript(lifetimeMinutes)] }),
        // Root logs in by key, as on every other server; Debian's images would have it log in as admin.
        disable_root: false,
        ssh_pwauth: false,
        // The only host key is the one that is pinned: a client that prefers another type would not know the server.
        ssh_genkeytypes: ["ed25519"],
        write_files: [{ path: firstBoot, permissions: "0700", content: firstBootScript(volume) }],
        runcmd: [[firstBoot]],
    };
    return `#cloud-config\n${dump(config, { lineWidth: -1, sortKeys: false })}`;
}

const firstBoot = "/usr/local/sbin/slotkeeper-first-boot";

/** Runs at each boot before all else; without --no-block it would wait for the boot that waits for it. */
function endScript(minutes: number): string {
    return `cat >/etc/systemd/system/slotkeeper-end.service <<'UNIT'
[Unit]
Description=The end of a drill's server: powered off, it is terminated

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl --no-block -i poweroff
UNIT
cat >/etc/systemd/system/slotkeeper-end.timer <<'UNIT'
[Unit]
Description=A drill's server does not outlive its drill

[Timer]
OnBootSec=${minutes}min
AccuracySec=1s

[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable --quiet slotkeeper-end.timer
systemctl start --no-block slotkeeper-end.timer
`;
}

function firstBootScript(volume: UserData["volume"]): string {
    return `#!/bin/sh
set -u
die() {
  echo "$*"
  exit 1
}
prepare() {
${volume === undefined ? "  :\n" : mountScript(volume)}}
if words=$(prepare 2>&1); then
  line="host-key $(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)"
  status=0
else
  line="problem $(printf %s "$words" | tr '\\n' ' ' | tr -cd '[:print:]' | tail -c 400)"
  status=1
fi
# More than once: the kernel may write in between.
for _ in 1 2 3; do
  printf '\\n%s\\n%s\\n%s\\n' '${consoleMarkers.begin}' "$line" '${consoleMarkers.end}' >/dev/console
  sleep 1
done
exit "$status"
`;
}

/** Formats the volume only when there is nothing on it; one from an earlier server is mounted as it is. */
function mountScript({ id, mountPoint, user }: NonNullable<UserData["volume"]>): string {
    return `  device=${quote(volumeDevice(id))}
  folder=${quote(mountPoint)}
  user=${quote(user)}
  id "$user" >/dev/null 2>&1 || {
    groupadd --system --gid ${userId} "$user" || die "the group $user was not made"
    useradd --system --uid ${userId} --gid "$user" --home-dir "$folder" --shell /usr/sbin/nologin "$user" || die "the user $user was not made"
  }
  waited=0
  until [ -b "$device" ]; do
    [ "$waited" -lt ${attachSeconds} ] || die "the volume ${id} was not attached within ${attachSeconds} s"
    sleep 2
    waited=$((waited + 2))
  done
  mountpoint -q "$folder" && exit 0
  status=0
  found=$(blkid -p -s TYPE -o value "$device") || status=$?
  if [ "$status" -eq 2 ] && cmp -s -n 1048576 "$device" /dev/zero; then
    mkfs.ext4 -q -m 1 -L slotkeeper-data "$device" || die "the blank volume ${id} could not be formatted"
  elif [ "$status" -ne 0 ] || [ "$found" != ext4 ]; then
    die "the volume ${id} is neither blank nor ext4 (\${found:-unknown}): nothing on it was changed"
  else
    e2fsck -f -p "$device" || [ "$?" -le 1 ] || die "the file system of the volume ${id} needs repair by hand: e2fsck"
    resize2fs "$device" || die "the file system of the volume ${id} could not be grown to its size"
  fi
  mkdir -p "$folder" || die "$folder could not be made"
  # Without the volume nothing can be written here: no app begins anew beside its data.
  chattr +i "$folder" || true
  mount -t ext4 "$device" "$folder" || die "the volume ${id} could not be mounted at $folder"
  grep -qsF "$device " /etc/fstab ||
    printf '%s\\n' ${quote(`${volumeDevice(id)} ${fstabWord(mountPoint)} ext4 defaults,nofail,x-systemd.growfs,x-systemd.device-timeout=60 0 2`)} >>/etc/fstab
  systemctl daemon-reload
`;
}

/** A path in fstab, where blanks and backslashes are written in octal (fstab(5)). */
function fstabWord(path: string): string {
    return path.replaceAll(/[\s\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
