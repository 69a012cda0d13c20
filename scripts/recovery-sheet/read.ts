import { SlotkeeperError } from "../errors.ts";
import { fingerprint, type SheetFile } from "./secrets.ts";

/** What a sheet says, read back from its text. */
export interface ReadSheet {
    readonly files: readonly SheetFile[];
    readonly endpoint: string;
    readonly region: string;
    readonly replicaBucket: string;
    readonly snapshotBucket: string;
    readonly keyId: string;
    readonly secret: string;
    /** Of age, newest generation first. */
    readonly identities: readonly string[];
    /** Of new snapshots when it was printed; null with gpg. */
    readonly recipient: string | null;
    /** Names of files that are not as they were printed. */
    readonly changed: readonly string[];
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/**
 * Reads a sheet, Markdown or HTML, as its commands would.
 * @throws SlotkeeperError "usage" where it is none; nothing of the text is shown.
 */
export function readSheet(text: string): ReadSheet {
    const plain = /^<!doctype html>/i.test(text)
        ? text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (all, name: string) => entities[name] ?? all)
        : text.replaceAll("\r\n", "\n");
    const files = [...plain.matchAll(/^(?:<pre>)?cat > (\S+) <<'END_OF_FILE'\n(.*?)^END_OF_FILE$/gms)]
        .map(([, name = "", content = ""]) => ({ name, content }))
        .filter(({ name }) => name !== "catalog.sql");
    const environment = files.find(({ name }) => name === "store.env")?.content ?? "";
    const value = (name: string) => {
        const quoted = new RegExp(`^(?:export )?${name}='(.*)'$`, "m").exec(environment)?.[1];
        if (quoted !== undefined) return quoted.replaceAll(`'\\''`, "'");
        throw new SlotkeeperError(
            "usage",
            `this is no recovery sheet, or not all of it: its store.env has no ${name}`,
            "name a file that recovery-sheet --out has written",
        );
    };
    const identities = files.find(({ name }) => name === "identities.txt")?.content ?? "";
    return {
        files,
        endpoint: value("ENDPOINT"),
        region: value("REGION"),
        replicaBucket: value("REPLICAS"),
        snapshotBucket: value("SNAPSHOTS"),
        keyId: value("LITESTREAM_ACCESS_KEY_ID"),
        secret: value("LITESTREAM_SECRET_ACCESS_KEY"),
        identities: identities.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
        recipient: /\bage1[02-9ac-hj-np-z]{58}\b/.exec(plain)?.[0] ?? null,
        changed: files
            .filter((file) => !plain.includes(`${fingerprint(file)}  ${file.name}\n`))
            .map(({ name }) => name),
    };
}
