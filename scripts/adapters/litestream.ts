import { execa } from "execa";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { s3Replica } from "../../components/render/litestream-yml.ts";

import type { StoreKeys } from "./object-store.ts";

/** One `litestream restore`. */
export interface LitestreamRestore {
    binary: string;
    /** A config file made by `litestreamConfig` that names `database`. */
    configPath: string;
    database: string;
    /** 16 hex digits; must be the last transaction of an LTX file (litestream #1406). */
    txid: string;
    /** Must not exist. */
    output: string;
    keys: StoreKeys;
    timeoutMilliseconds: number;
}

/** How a run of Litestream ended; `message` is its own last words. */
export type LitestreamOutcome = { ok: true } | { ok: false; timedOut: boolean; message: string };

/** Bytes of Litestream's output that are kept. */
const OUTPUT_LIMIT = 1_000_000;

/** The text of a config file for one database and its replica; JSON, which YAML includes. Holds no key. */
export function litestreamConfig(database: string, replica: FleetSettings["replica"], replicaPath: string): string {
    return JSON.stringify({ dbs: [{ path: database, replica: s3Replica(replica, replicaPath) }] });
}

/**
 * Runs `litestream restore -config … -txid …`, the form with the fewest requests (10 LIST and a GET per file).
 * Its exit status 0 proves no more than that a file was written: verify the file.
 */
export async function litestreamRestore(restore: LitestreamRestore): Promise<LitestreamOutcome> {
    const flags = ["-config", restore.configPath, "-no-expand-env", "-txid", restore.txid, "-integrity-check", "none"];
    const result = await execa(restore.binary, ["restore", ...flags, "-o", restore.output, restore.database], {
        env: litestreamEnvironment(restore.keys),
        extendEnv: false,
        timeout: restore.timeoutMilliseconds,
        killSignal: "SIGKILL",
        maxBuffer: OUTPUT_LIMIT,
        stdin: "ignore",
        reject: false,
    });
    if (result.exitCode === 0) return { ok: true };
    return { ok: false, timedOut: result.timedOut, message: lastWords(result.stderr, result.shortMessage) };
}

/** The environment without the AWS_ variables: AWS_CA_BUNDLE stops Litestream from starting, AWS_PROFILE changes its keys. */
export function litestreamEnvironment(keys: StoreKeys): Record<string, string | undefined> {
    const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|LITESTREAM)_/.test(name));
    return {
        ...Object.fromEntries(kept),
        LITESTREAM_ACCESS_KEY_ID: keys.accessKeyId,
        LITESTREAM_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
}

function lastWords(stderr: string, otherwise: string | undefined): string {
    const lines = stderr.split("\n").filter((line) => line.trim() !== "");
    const error = lines.findLast((line) => !/level=(DEBUG|INFO|WARN)/.test(line)) ?? lines.at(-1);
    return error ?? otherwise ?? "it ended without a word";
}
