import { startB2 } from "../../../local/b2/start.ts";
import { startObjectStore } from "../../../local/object-store.ts";
import type { Run } from "../../../local/run.ts";
import type { Account, Cloud, Workshop } from "../world.ts";
import type { DrillPlan } from "../plan.ts";

/** B2's limit for a new account; and, so that no drill is without it, every fiftieth request is turned away. */
const b2Throttle = { perSecond: 500, oneIn: 50 };

/** The object store of a drill, and its three accounts: a plain one, or one that behaves like B2. */
export async function openStore(
    kind: DrillPlan["store"],
    workshop: Workshop,
    run: Run,
    address: string,
    buckets: Cloud["buckets"],
): Promise<Pick<Cloud, "store" | "accounts">> {
    const place = { run, address, binary: workshop.toolchain.versitygw.path };
    if (kind === "s3-compatible") {
        const { endpoint, port, region, accounts } = await startObjectStore(place);
        return { store: { backend: kind, endpoint, port, region, countsFile: null }, accounts: named(accounts.root, accounts) }; // prettier-ignore
    }
    const names = [buckets.replica, buckets.snapshot];
    const { endpoint, port, region, accounts, countsFile } = await startB2({ ...place, buckets: names, throttle: b2Throttle }); // prettier-ignore
    return {
        store: { backend: kind, endpoint, port, region, countsFile },
        accounts: named(accounts.provisioner, accounts),
    };
}

interface StoreAccount {
    readonly accessKey: string;
    readonly secretKey: string;
}

function named(
    admin: StoreAccount,
    { writer, reader }: { writer: StoreAccount; reader: StoreAccount },
): Cloud["accounts"] {
    return { admin: account(admin), writer: account(writer), reader: account(reader) };
}

function account({ accessKey, secretKey }: StoreAccount): Account {
    return { keyId: accessKey, secret: secretKey };
}
