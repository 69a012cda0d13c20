import { createHash } from "node:crypto";
import type { RecoveryOutputs } from "../../components/outputs.ts";
import { quote } from "../../components/render/shell.ts";

/** A file that a person makes from the sheet before anything else. */
export interface SheetFile {
    readonly name: string;
    /** Ends in a line break. */
    readonly content: string;
}

/** SHA-256 of no bytes: what a GET sends. curl 7.88 signs this header and does not make it; S3 stores demand it. */
const EMPTY = createHash("sha256").update("").digest("hex");

/** Everything secret on the sheet, as the files that its commands read: none of it is ever on a command line. */
export function secretFiles(outputs: RecoveryOutputs): SheetFile[] {
    const { encryptionIdentities } = outputs;
    return [
        { name: "store.env", content: storeEnvironment(outputs) },
        { name: "curl.conf", content: curlConfig(outputs) },
        {
            name: "identities.txt",
            content: encryptionIdentities
                .map(({ generation, identity }) => `# generation ${generation}\n${identity}\n`)
                .join(""),
        },
        ...encryptionIdentities.map(({ generation, passphrase }) => ({
            name: `passphrase-${generation}`,
            content: `${passphrase}\n`,
        })),
    ];
}

/** Twelve hex digits that tell whether a file was typed correctly. */
export function fingerprint({ content }: SheetFile): string {
    return createHash("sha256").update(content).digest("hex").slice(0, 12);
}

/** Litestream takes keys of a URL from the environment alone, and any AWS_ variable comes before its own. */
function storeEnvironment({ location, recoveryKey }: RecoveryOutputs): string {
    const endpoint = location.endpoint.replace(/\/+$/, "");
    return `unset $(env | sed -n 's/^\\(AWS_[A-Z_]*\\)=.*/\\1/p') LITESTREAM_S3_ENDPOINT
export LITESTREAM_ACCESS_KEY_ID=${quote(recoveryKey.keyId)}
export LITESTREAM_SECRET_ACCESS_KEY=${quote(recoveryKey.secret)}
ENDPOINT=${quote(endpoint)}
REGION=${quote(location.region)}
REPLICAS=${quote(location.replicaBucket)}
SNAPSHOTS=${quote(location.snapshotBucket)}
AT="endpoint=$ENDPOINT&region=$REGION"
`;
}

function curlConfig({ location, recoveryKey }: RecoveryOutputs): string {
    // curl(1), -K: in double quotes, \\ and \" stand for themselves.
    const inQuotes = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
    return `user = ${inQuotes(`${recoveryKey.keyId}:${recoveryKey.secret}`)}
aws-sigv4 = ${inQuotes(`aws:amz:${location.region}:s3`)}
header = "x-amz-content-sha256: ${EMPTY}"
fail
silent
show-error
`;
}
