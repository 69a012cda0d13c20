import type { RecoveryOutputs } from "../../components/outputs.ts";
import * as commands from "./commands.ts";
import { fingerprint, secretFiles } from "./secrets.ts";

/** A piece of the sheet; `commands` are for /bin/sh, `shown` is what they print, or text that must keep its lines. */
export type Block =
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "warning"; readonly text: string }
    | { readonly kind: "facts"; readonly rows: readonly (readonly [string, string])[] }
    | { readonly kind: "commands"; readonly text: string }
    | { readonly kind: "shown"; readonly text: string };

/** A sheet without its form. */
export interface Sheet {
    readonly title: string;
    readonly sections: readonly { readonly title: string; readonly blocks: readonly Block[] }[];
}

/** What the sheet is made from. */
export interface SheetValues {
    readonly stack: string;
    /** RFC 3339. */
    readonly printedAt: string;
    readonly outputs: RecoveryOutputs;
}

const text = (value: string): Block => ({ kind: "text", text: value });
const run = (value: string): Block => ({ kind: "commands", text: value });

/**
 * The page for the day on which nothing else is left: with it, stock programs and a network, a person restores every
 * database of a stack. All commands run in this order in one POSIX shell, in an empty folder; each reads only what the
 * page itself has written.
 */
export function recoverySheet(values: SheetValues): Sheet {
    const { stack, outputs } = values;
    const { fleet } = outputs;
    return {
        title: `Recovery sheet of the stack ${stack}`,
        sections: [
            purpose(values),
            {
                title: "1. Programs",
                blocks: [
                    text(
                        `On any Linux: Litestream exactly ${commands.SHEET_LITESTREAM} (github.com/benbjohnson/litestream/releases), sqlite3, curl 7.88 or newer, age 1.1 or newer; gpg 2.2 or newer only for snapshots made with gpg. Debian has all but Litestream: apt-get install sqlite3 curl age gnupg. Open a shell (sh or bash) in an empty folder on an encrypted disk: it will hold the data of all customers.`,
                    ),
                    run(commands.showVersions),
                ],
            },
            secrets(outputs),
            {
                title: "3. What there is",
                blocks: [
                    text("The databases that have a replica (the store lists the first 1,000 slots; the catalog of step 5 has them all), then the times, in UTC, of the newest restore points of the global database."), // prettier-ignore
                    run(commands.listReplicas),
                    run(commands.showNewest),
                ],
            },
            {
                title: "4. The global database",
                blocks: [
                    text(`It goes to ./global.db; on the server it was ${fleet.dataDir}/global.db. The check must print "ok" and nothing else. For the state of an earlier moment add: -timestamp 2026-01-31T12:00:00Z`), // prettier-ignore
                    run(commands.restoreGlobal),
                ],
            },
            {
                title: "5. The active slots",
                blocks: [
                    text("They go to ./slots.txt, one a line. An id that is shown by itself has characters that do not belong into a file's name; it is left out."), // prettier-ignore
                    run(commands.readCatalog(fleet.catalogQuery)),
                ],
            },
            {
                title: "6. One slot",
                blocks: [
                    text(`The first of them, as an example; for another: SLOT=its-id. On the server it was ${fleet.dataDir}/slots/ID.db. A file that is there already is never overwritten.`), // prettier-ignore
                    run(commands.restoreSlot),
                ],
            },
            {
                title: "7. All slots",
                blocks: [
                    text("Run it again after an interruption: it goes on where it was. What could not be restored is shown at the end."), // prettier-ignore
                    run(commands.restoreSlots),
                ],
            },
            {
                title: "8. Is it right?",
                blocks: [
                    text("Nothing but the last line may be printed, and its two numbers must be the same. Sound is not yet recent: that Litestream ends without an error proves only that a file was written, so look into some databases for the newest rows that you know of."), // prettier-ignore
                    run(commands.checkAll),
                ],
            },
            {
                title: "9. Snapshots",
                blocks: [
                    text("The second line of defence, in a bucket of its own; for when replicas are damaged. The first command shows the last 20 (of the first 1,000; to see later ones add &start-after=NAME to the address, with %2F for each /). The second fetches and decrypts the last one to ./snapshot; for another: OBJECT=its-name."), // prettier-ignore
                    run(commands.listSnapshots),
                    run(commands.fetchSnapshot),
                ],
            },
            { title: "10. Afterwards", blocks: afterwards(values) },
        ],
    };
}

function purpose({ stack, printedAt, outputs: { location, encryption, encryptionIdentities, fleet } }: SheetValues) {
    const newSnapshots =
        encryption.recipient === null
            ? `gpg, AES-256 with a passphrase, generation ${encryption.generation}`
            : `age, generation ${encryption.generation}, to ${encryption.recipient}`;
    return {
        title: "What this is",
        blocks: [
            text("With this page alone, and stock programs, a person can bring back every database, on a day when the server, the Pulumi state and the project are gone."), // prettier-ignore
            text(`While the project and its state are there, use them instead: npm run pulumi -- up --stack ${stack} makes a new server and restores everything on it.`), // prettier-ignore
            {
                kind: "warning",
                text: "SECRET. Whoever holds this page can read the data of all customers; it cannot change or delete a backup. Keep two copies in two places that do not burn together, such as a safe and a password manager: none on the server, in the buckets or in a repository. Print a new one when the recovery key, a bucket or the generation of the encryption secret changes, and destroy the old ones.", // prettier-ignore
            },
            {
                kind: "facts",
                rows: [
                    ["Stack", stack],
                    ["Printed", printedAt],
                    ["Storage", location.backend],
                    ["Endpoint", location.endpoint],
                    ["Region", location.region],
                    ["Replica bucket", location.replicaBucket],
                    ["… global database", "global/"],
                    ["… each slot", "slots/<id>.db/"],
                    ["Snapshot bucket", location.snapshotBucket],
                    ["New snapshots", newSnapshots],
                    ["Generations below", encryptionIdentities.map(({ generation }) => generation).join(", ")],
                    ["Data on the server", `${fleet.dataDir}/global.db, ${fleet.dataDir}/slots/<id>.db`],
                ],
            },
        ] satisfies Block[],
    };
}

function secrets(outputs: RecoveryOutputs) {
    const files = secretFiles(outputs);
    return {
        title: "2. Keys",
        blocks: [
            text("store.env and curl.conf hold the recovery key, which lists and reads; identities.txt and passphrase-* decrypt snapshots, and are needed for nothing else. Type or paste only what you need."), // prettier-ignore
            run(commands.writeSecrets(files)),
            text("Typed by hand? These must be the fingerprints:"),
            run(commands.fingerprintSecrets(files)),
            { kind: "shown", text: files.map((file) => `${fingerprint(file)}  ${file.name}\n`).join("") },
            text("Then, and again in each new shell:"),
            run(commands.useSecrets),
        ] satisfies Block[],
    };
}

function afterwards({ outputs: { location, fleet } }: SheetValues): Block[] {
    const owner =
        location.backend === "b2"
            ? "B2 only hides what is deleted or overwritten"
            : "the buckets keep versions of what is deleted or overwritten";
    return [
        text(`Move the databases to ${fleet.dataDir} of a server whose app is stopped, owned by the app's user; start the app. Do not let Litestream replicate to the old buckets until you are sure of what you restored.`), // prettier-ignore
        text(`Is something missing in the buckets? For some days ${owner}: log in to the storage provider as the account's owner and bring the newest versions from before back.`), // prettier-ignore
        text("Then remove this folder: it holds the keys and the data. Change the recovery key if others may have seen this page."), // prettier-ignore
    ];
}
