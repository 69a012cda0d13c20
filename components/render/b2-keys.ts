/** The two buckets that the keys are for. */
interface TwoBuckets {
    readonly replicaBucket: string;
    readonly snapshotBucket: string;
}

/** What each key must be able to do and no more, in B2's words; docs/keys.md says why. */
const keys = {
    server: { id: "serverKeyId", secret: "serverSecret", capabilities: "listBuckets,listFiles,readFiles,writeFiles" },
    recovery: { id: "recoveryKeyId", secret: "recoverySecret", capabilities: "listBuckets,listFiles,readFiles" },
} as const;

/**
 * What to do when the buckets are there and keys to them are not: a key of B2's can be restricted only to buckets that
 * exist, so the first `up` ends here.
 * @param server null where the server's key is missing; `recovery` likewise.
 */
export function b2KeyCommands(
    { replicaBucket, snapshotBucket }: TwoBuckets,
    server: object | null,
    recovery: object | null,
): string {
    const missing = [
        ...(server === null ? ["server" as const] : []),
        ...(recovery === null ? ["recovery" as const] : []),
    ];
    const lines = missing.flatMap((name) => {
        const { id, secret, capabilities } = keys[name];
        return [
            `  b2 key create --bucket ${replicaBucket} --bucket ${snapshotBucket} slotkeeper-${name} ${capabilities}`,
            `  pulumi config set --secret slotkeeper:${id}        (the first value that it prints)`,
            `  pulumi config set --secret slotkeeper:${secret}    (the second)`,
        ];
    });
    const which = missing.map((name) => (name === "server" ? "the server's key" : "the recovery key")).join(" and ");
    return `The buckets are made; ${which} to them ${missing.length === 1 ? "is" : "are"} not set yet. Make what is missing, then run pulumi up again (docs/keys.md):\n${lines.join("\n")}`;
}
