import { ListObjectsV2Command, S3ServiceException } from "@aws-sdk/client-s3";
import type { RecoveryOutputs } from "../../components/outputs.ts";
import { ageRecipient } from "../../components/render/snapshot-secret.ts";
import { withClient } from "../adapters/s3.ts";
import { SlotkeeperError } from "../errors.ts";
import type { ReadSheet } from "./read.ts";
import { secretFiles, type SheetFile } from "./secrets.ts";

/**
 * Whether a sheet still opens what it is for: its key lists both buckets, there is a replica of the global database, and
 * its identities are whole and fit the recipient.
 * @returns what is wrong, a line each; no line holds a secret.
 * @throws SlotkeeperError "remote" when the store does not answer.
 */
export async function checkSheet(sheet: ReadSheet): Promise<string[]> {
    const altered = sheet.changed.map((name) => `${name} is not as it was printed: its fingerprint differs`);
    return [...altered, ...(await identityProblems(sheet)), ...(await storeProblems(sheet))];
}

/** What a sheet says otherwise than the stack does now: then a new one must be printed. */
export function staleness(sheet: ReadSheet, outputs: RecoveryOutputs): string[] {
    const exported = outputs.encryptionIdentities.map(({ identity }) => identity);
    if (sheet.identities.some((identity) => !exported.includes(identity)))
        return [
            "it has an identity that the stack does not export: keep this page. Is it of another stack, or was slotkeeper:encryption lowered? Then set the generation back",
        ];
    const same = ({ name, content }: SheetFile) =>
        sheet.files.some((file) => file.name === name && file.content === content);
    const old = secretFiles(outputs).filter((file) => !same(file));
    return old.map(({ name }) => `${name} is no longer what the stack exports: print a new sheet`);
}

async function identityProblems({ identities, recipient }: ReadSheet): Promise<string[]> {
    if (identities.length === 0) return ["it has no identity of age"];
    const problems: string[] = [];
    const recipients: string[] = [];
    for (const [index, identity] of identities.entries())
        await ageRecipient(identity).then(
            (to) => recipients.push(to),
            () => problems.push(`identity ${index + 1} of identities.txt is no age identity: it is mistyped`),
        );
    if (recipient !== null && !recipients.includes(recipient))
        problems.push(`no identity fits ${recipient}, which new snapshots are encrypted to`);
    return problems;
}

async function storeProblems(sheet: ReadSheet): Promise<string[]> {
    const { endpoint, region, keyId, secret, replicaBucket, snapshotBucket } = sheet;
    const list = (bucket: string, prefix: string) =>
        withClient({ endpoint, region, bucket, keyId, secret }, async (client) => {
            const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
            return (page.Contents ?? []).length;
        });
    const problems: string[] = [];
    for (const [bucket, prefix] of [
        [replicaBucket, "global/"],
        [snapshotBucket, ""],
    ] as const)
        // prettier-ignore
        try {
            if ((await list(bucket, prefix)) === 0 && prefix !== "")
                problems.push(`${bucket} has no replica of the global database`);
        } catch (error) {
            if (!(error instanceof S3ServiceException)) throw unreachable(endpoint, error);
            problems.push(`the recovery key cannot list ${bucket}: ${error.name}`);
        }
    return problems;
}

function unreachable(endpoint: string, cause: unknown): SlotkeeperError {
    return new SlotkeeperError("remote", `${endpoint} does not answer: ${String(cause)}`, "try again later", { cause });
}
