import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";

import { z } from "zod";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { fleetSettingsSchema } from "../../components/fleet-settings.ts";
import type { StoreKeys } from "../adapters/object-store.ts";
import { SlotkeeperError } from "../errors.ts";

/**
 * Reads a fleet's settings.
 * @throws SlotkeeperError "usage" when the file is missing, is no JSON, or has a wrong or unknown key.
 */
export async function loadFleetSettings(path: string): Promise<FleetSettings> {
    const hint = "this command runs on a stack's server; elsewhere name a settings file with --settings";
    const text = await readFile(path, "utf8").catch((error: unknown) => {
        throw new SlotkeeperError("usage", `cannot read the fleet settings: ${messageOf(error)}`, hint);
    });
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (error) {
        throw new SlotkeeperError("usage", `${path} is not JSON: ${messageOf(error)}`, "deploy the stack again");
    }
    const parsed = fleetSettingsSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new SlotkeeperError("usage", `${path} is not valid:\n${z.prettifyError(parsed.error)}`, "correct these keys");
}

/**
 * The object store's keys: from the environment, else from `store.env` beside the settings.
 * @throws SlotkeeperError "usage" when there are none.
 */
export async function loadStoreKeys(settingsPath: string): Promise<StoreKeys> {
    const fromEnvironment = keysIn(process.env);
    if (fromEnvironment !== null) return fromEnvironment;
    const path = join(dirname(settingsPath), "store.env");
    const text = await readFile(path, "utf8").catch((error: unknown) => {
        const hint =
            "set LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY, or run as the user that may read it";
        throw new SlotkeeperError("usage", `cannot read the object store's keys: ${messageOf(error)}`, hint);
    });
    const keys = keysIn(parseEnv(text));
    if (keys !== null) return keys;
    const wanted = "LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY";
    throw new SlotkeeperError("usage", `${path} does not set ${wanted}`, "add both, one NAME=value a line");
}

function keysIn(environment: Record<string, string | undefined>): StoreKeys | null {
    const accessKeyId = environment["LITESTREAM_ACCESS_KEY_ID"] ?? "";
    const secretAccessKey = environment["LITESTREAM_SECRET_ACCESS_KEY"] ?? "";
    return accessKeyId === "" || secretAccessKey === "" ? null : { accessKeyId, secretAccessKey };
}

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
