import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import { costSchema, rpoSecondsSchema } from "../../components/config/cost.ts";
import { serverSchema } from "../../components/config/server.ts";
import { storageSchema } from "../../components/config/storage.ts";
import type { CostSettings } from "../../components/cost/input.ts";
import { SlotkeeperError } from "../errors.ts";

/** A file of a stack: keys with namespace; a value that Pulumi has encrypted is `{secure: …}`. */
const stackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) });

/** The keys that an estimate is made from, by the schemas that `pulumi up` holds them to. */
const settingsSchema = z.object({
    storage: storageSchema,
    cost: costSchema.prefault({}),
    rpoSeconds: rpoSecondsSchema,
    server: serverSchema,
});

/**
 * What a production stack's own file says, `Pulumi.<stack>.yaml` in the project's folder: no Pulumi, no passphrase and no
 * store is asked.
 * @throws SlotkeeperError (notFound) without such a file, (usage) for one that the estimate cannot be made from.
 */
export async function costSettingsOf(folder: string, stack: string): Promise<CostSettings> {
    const name = stack.split("/").at(-1) ?? stack;
    const file = `Pulumi.${name}.yaml`;
    const values = readValues(file, await readStackFile(folder, file));
    const role = values["role"];
    if (role !== "production")
        throw new SlotkeeperError(
            "usage",
            `${file}: slotkeeper:role is ${JSON.stringify(role ?? null)}: only a production stack has backups to pay for`,
            "name production's stack: --stack prod",
        );
    const parsed = settingsSchema.safeParse(values);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) => `  slotkeeper:${path.join(".")}: ${message}`);
    throw new SlotkeeperError(
        "usage",
        `${file} cannot be used:\n${problems.join("\n")}`,
        "docs/configuration.md has every key",
    );
}

async function readStackFile(folder: string, file: string): Promise<string> {
    try {
        return await readFile(join(folder, file), "utf8");
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
        const stacks = (await readdir(folder)).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
        const hint = stacks.length > 0 ? `there are: ${stacks.join(", ")}` : "run this in the project's folder";
        throw new SlotkeeperError("notFound", `${join(folder, file)} does not exist`, hint, { cause });
    }
}

function readValues(file: string, text: string): Record<string, unknown> {
    let parsed;
    try {
        parsed = stackFile.parse(load(text));
    } catch (cause) {
        const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
        throw new SlotkeeperError("usage", `${file} is no stack's file: ${why}`, undefined, { cause });
    }
    const wanted = ["role", ...Object.keys(settingsSchema.shape)];
    return Object.fromEntries(
        wanted.flatMap((key) => {
            const value = parsed.config[`slotkeeper:${key}`];
            return value === undefined ? [] : [[key, readValue(file, key, value)]];
        }),
    );
}

/** Pulumi writes what `config set` was given as text, objects as JSON in it; a person may write YAML. */
function readValue(file: string, key: string, value: unknown): unknown {
    if (typeof value === "object" && value !== null && "secure" in value)
        throw new SlotkeeperError(
            "usage",
            `${file}: slotkeeper:${key} is encrypted, and is not read here`,
            `it holds no secret: set it without --secret`,
        );
    if (typeof value !== "string") return value;
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}
