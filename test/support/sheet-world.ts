import { delimiter, dirname, join } from "node:path";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { execa } from "execa";
import { EncryptionSecret } from "../../components/encryption-secret.ts";
import { type RecoveryOutputs, recoveryOutputsSchema } from "../../components/outputs.ts";
import { bucketPolicy } from "../../components/render/least-privilege.ts";
import { storeClient } from "../../local/store-admin.ts";
import { renderMarkdown } from "../../scripts/recovery-sheet/markdown.ts";
import { recoverySheet } from "../../scripts/recovery-sheet/sheet.ts";
import { makeOddFleet } from "./odd-fleet.ts";
import { makeStack, type TestStack } from "./pulumi-stack.ts";
import { type FleetWorld, openFleetWorld } from "./replicated-fleet.ts";
import { toolPath } from "./tools.ts";

export const snapshotBucket = "fleet-snapshots";
export const catalogQuery = "SELECT id FROM slots WHERE active = 1";
/** As Pulumi takes it from any folder. */
export const stackName = "organization/test/test";

/** A replicated fleet of odd databases, and a real stack that exports where it is, in its second generation. */
export interface SheetWorld {
    readonly fleet: FleetWorld;
    /** What the stack exported in its first generation, and in its second. */
    readonly first: RecoveryOutputs;
    readonly second: RecoveryOutputs;
    /** Runs `slotkeeper recovery-sheet` in `fleet.dir`, with the backend of the stack. */
    command(argv: string[], more?: NodeJS.ProcessEnv): Promise<{ exitCode?: number; stdout: string; stderr: string }>;
    /** Puts an object into the snapshot bucket, as the server does. */
    put(key: string, body: Uint8Array): Promise<void>;
    close(): Promise<void>;
}

/** Makes it all; `close()` removes it. */
export async function openSheetWorld(): Promise<SheetWorld> {
    const fleet = await openFleetWorld();
    let made: TestStack | undefined;
    const close = async () => {
        await fleet.close();
        await made?.[Symbol.asyncDispose]();
    };
    try {
        makeOddFleet(fleet.sourceDir);
        await fleet.replicate();
        await makeSnapshotBucket(fleet);
        const settings = { method: "age" as const, generation: 1 };
        const stack = (made = await makeStack(["random"], () => Promise.resolve(exportsOf(fleet, settings))));
        const first = await up(stack);
        settings.generation = 2;
        const second = await up(stack);
        const { accounts, endpoint } = fleet.store;
        return {
            fleet,
            first,
            second,
            command: (argv, more) => {
                const env = {
                    PATH: [dirname(toolPath("pulumi")), process.env["PATH"]].join(delimiter),
                    PULUMI_BACKEND_URL: `file://${stack.dir}`,
                    PULUMI_CONFIG_PASSPHRASE: "test",
                    INIT_CWD: fleet.dir,
                    ...more,
                };
                return execa(process.execPath, [entry, "recovery-sheet", ...argv], { env, reject: false });
            },
            put: async (key, body) => {
                const client = storeClient(endpoint, accounts.writer);
                await client.send(new PutObjectCommand({ Bucket: snapshotBucket, Key: key, Body: body }));
                client.destroy();
            },
            close,
        };
    } catch (error) {
        await close();
        throw error;
    }
}

const entry = join(import.meta.dirname, "../../scripts/slotkeeper.ts");

/** The sheet of some outputs, without a stack. */
export function sheetOf(outputs: RecoveryOutputs): string {
    return renderMarkdown(recoverySheet({ stack: "test", printedAt: "2026-11-24T00:00:00Z", outputs }));
}

/** As index.ts exports it. */
function exportsOf({ store }: FleetWorld, encryption: { method: "age"; generation: number }) {
    const secret = new EncryptionSecret("encryption", { encryption, disposable: false });
    const { accessKey: keyId, secretKey } = store.accounts.reader;
    const { endpoint, region } = store;
    return {
        role: "production",
        location: { backend: "s3-compatible", endpoint, region, replicaBucket: "fleet", snapshotBucket },
        recoveryKey: { keyId, secret: secretKey },
        encryption: secret.encryption,
        encryptionIdentities: secret.identities,
        fleet: { dataDir: "/app/data", catalogQuery },
    };
}

async function up({ stack }: TestStack): Promise<RecoveryOutputs> {
    const { outputs } = await stack.up();
    const values = Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]);
    return recoveryOutputsSchema.parse(Object.fromEntries(values));
}

/** The snapshot bucket, and what writer and reader may do in both. */
async function makeSnapshotBucket({ store: { endpoint, accounts } }: FleetWorld): Promise<void> {
    const client = storeClient(endpoint, accounts.root);
    await client.send(new CreateBucketCommand({ Bucket: snapshotBucket }));
    for (const Bucket of ["fleet", snapshotBucket]) {
        const names = { writer: accounts.writer.accessKey, reader: accounts.reader.accessKey };
        await client.send(new PutBucketPolicyCommand({ Bucket, Policy: bucketPolicy(Bucket, names) }));
    }
    client.destroy();
}
