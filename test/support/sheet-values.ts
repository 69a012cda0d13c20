import type { RecoveryOutputs } from "../../components/outputs.ts";
import { ageIdentity, ageRecipient, gpgPassphrase } from "../../components/render/snapshot-secret.ts";
import type { SheetValues } from "../../scripts/recovery-sheet/sheet.ts";

const generation = (number: number) => {
    const password = String(number).repeat(64);
    return { generation: number, identity: ageIdentity(password), passphrase: gpgPassphrase(password) };
};

/** What a sheet of a stack on B2 is made from, in its second generation; the same each time. */
export async function sheetValues(more: Partial<RecoveryOutputs> = {}): Promise<SheetValues> {
    const encryptionIdentities = [generation(2), generation(1)];
    return {
        stack: "prod",
        printedAt: "2026-11-24T09:00:00.000Z",
        outputs: {
            location: {
                backend: "b2",
                endpoint: "https://s3.us-west-004.backblazeb2.com",
                region: "us-west-004",
                replicaBucket: "acme-slotkeeper-replicas",
                snapshotBucket: "acme-slotkeeper-snapshots",
            },
            recoveryKey: { keyId: "00512f95cf4dcf0000000004z", secret: "K005example/with+signs" },
            encryption: {
                method: "age",
                recipient: await ageRecipient(encryptionIdentities[0]?.identity ?? ""),
                generation: 2,
            },
            encryptionIdentities,
            fleet: { dataDir: "/app/data", catalogQuery: "SELECT id FROM slots WHERE active = 1" },
            ...more,
        },
    };
}
