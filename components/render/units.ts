/**
 * The template unit of Litestream's daemons: `litestream@global`, `litestream@1`.
 * It refuses to start where the replica is newer than the local databases: a fresh server restores first.
 */
export function litestreamUnit(user: string): string {
    return `[Unit]
Description=Litestream replication (%i)
Documentation=https://litestream.io
After=network-online.target
Wants=network-online.target
# Never given up: where the object store is away at the start, replication begins when it is back.
StartLimitIntervalSec=0

[Service]
User=${user}
Group=${user}
EnvironmentFile=/etc/slotkeeper/store.env
# Set, it makes Litestream 0.5 fail at start ("unable to add custom RootCAs HTTPClient").
UnsetEnvironment=AWS_CA_BUNDLE
# As root, for the keys are root's: refuses to start over a replica that is newer than the local database. A refusal
# waits before it is asked again, for each asking lists the bucket.
ExecStartPre=+/bin/sh -c '/opt/slotkeeper/current/bin/slotkeeper replication check || { status=$$?; sleep 30; exit $$status; }'
ExecStart=/opt/slotkeeper/current/bin/litestream replicate -config /etc/litestream/%i.yml
RuntimeDirectory=litestream
RuntimeDirectoryMode=0750
RuntimeDirectoryPreserve=yes
Restart=always
RestartSec=2
# Six descriptors a database, two thousand databases a daemon.
LimitNOFILE=16384
TimeoutStopSec=150
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;
}

/** The unit that runs the app as its own user. */
export function appUnit(user: string, argv: readonly string[], environment: Readonly<Record<string, string>>): string {
    const lines = Object.entries(environment).map(([name, value]) => `Environment=${assignment(name, value)}\n`);
    return `[Unit]
Description=The app
# Replication is there before the app writes, also when the server itself restarts.
After=network-online.target litestream@global.service litestream@1.service
Wants=network-online.target

[Service]
User=${user}
Group=${user}
WorkingDirectory=/opt/app/current
${lines.join("")}ExecStart=${argv.map(unitWord).join(" ")}
Restart=always
RestartSec=1
LimitNOFILE=16384
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
}

/** One word of a unit's command line (systemd.service(5)): no specifier, variable or quote in it is interpreted. */
export function unitWord(word: string): string {
    return quoted(word, word.replaceAll("$", "$$$$"));
}

/** One `Environment=` assignment (systemd.exec(5)): `$` means nothing there. */
function assignment(name: string, value: string): string {
    return quoted(`${name}=${value}`, `${name}=${value}`);
}

function quoted(word: string, escaped: string): string {
    if (/[\n\0]/.test(word)) throw new Error(`a unit file cannot hold a line break: ${JSON.stringify(word)}`);
    const text = escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? text : `"${text}"`;
}
