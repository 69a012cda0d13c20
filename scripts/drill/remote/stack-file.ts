import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import { parseConfig, type StagingConfig } from "../../../components/config.ts";
import { secretProblems } from "../../../components/config/secrets.ts";
import { projectFile } from "../../../local/toolchain/pulumi-backend.ts";
import { projectName } from "../../../local/toolchain/pulumi-stack.ts";
import { SlotkeeperError } from "../../errors.ts";
import type { RemotePlan } from "./plan.ts";

/** A staging stack as its file describes it; the file is only ever read. */
export interface StackFile {
    /** Pulumi.<stack>.yaml. */
    readonly path: string;
    readonly text: string;
    /** The folder of Pulumi.yaml, and the project's name in it. */
    readonly folder: string;
    readonly project: string;
    /** What seals its secrets, where the file names it (awskms://…); null for the backend's own way. */
    readonly secretsProvider: string | null;
    /** Whether the file brings the key to its secrets, itself sealed, or a salt. */
    readonly hasKey: boolean;
    /** Whether its secrets are sealed with a key that the backend keeps, and would lose with the stack (Pulumi Cloud). */
    readonly keyIsBackends: boolean;
    readonly config: StagingConfig;
}

const fileSchema = z.object({
    config: z.record(z.string(), z.unknown()).default({}),
    secretsprovider: z.string().optional(),
    encryptionsalt: z.string().optional(),
    encryptedkey: z.string().optional(),
});

/** Stands for an encrypted value, which only Pulumi can read. */
const sealed = "sealed";

/**
 * Reads the file of a stack, before Pulumi is asked anything.
 * @throws SlotkeeperError (usage) unless it describes a staging stack that is a drill's, with its secrets set.
 */
export function readStackFile(plan: RemotePlan, from: string): StackFile {
    const refuse = (message: string, hint: string): never => {
        throw new SlotkeeperError("usage", message, hint);
    };
    const project =
        projectFile(from) ?? refuse(`there is no Pulumi.yaml in ${from}`, "Run it in the project's folder.");
    const folder = dirname(project);
    const name = projectName(project);
    const named = plan.stack.split("/").at(-2);
    if (plan.stack.split("/").length === 3 && named !== name)
        refuse(
            `${plan.stack} is a stack of the project ${JSON.stringify(named)}, not of ${JSON.stringify(name)}`,
            `Name a stack of ${project}.`,
        );
    const path = join(folder, `Pulumi.${plan.name}.yaml`);
    if (!existsSync(path))
        refuse(`there is no ${path}`, "Copy Pulumi.staging.yaml to that name and say in it what the stack is.");
    const text = readFileSync(path, "utf8");
    const read = parseFile(text, path);
    const raw = Object.fromEntries(Object.entries(read.config).map(([key, value]) => [key, rawValue(value)]));
    if (raw["slotkeeper:role"] !== "staging" || raw["slotkeeper:drill"] !== "true")
        refuse(
            `the stack ${plan.name} is not drilled: ${path} says role ${said(raw["slotkeeper:role"])} and drill ${said(raw["slotkeeper:drill"])}`,
            "Only a stack with slotkeeper:role staging and slotkeeper:drill true is: a drill destroys its stack at the end.",
        );
    const config = parsed(raw, path);
    const problems = secretProblems(config, raw, false);
    if (problems.length > 0)
        refuse(
            `${path} cannot be used:\n${problems.map((line) => `  slotkeeper:${line}`).join("\n")}`,
            "docs/drills.md",
        );
    if (config.production.split("/").at(-1) === plan.name)
        refuse(`${path} names itself as slotkeeper:production`, "Name the stack whose backups are to be restored.");
    const { secretsprovider, encryptionsalt, encryptedkey } = read;
    const hasKey = encryptionsalt !== undefined || encryptedkey !== undefined;
    const keyIsBackends = !hasKey && Object.values(raw).includes(sealed);
    const key = { secretsProvider: secretsprovider ?? null, hasKey, keyIsBackends };
    return { path, text, folder, project: name, ...key, config };
}

function parseFile(text: string, path: string): z.infer<typeof fileSchema> {
    try {
        return fileSchema.parse(load(text));
    } catch (cause) {
        throw new SlotkeeperError("usage", `${path} is no stack file: ${String(cause)}`, "Correct it.", { cause });
    }
}

/** A value as Pulumi would hand it to the program: text, objects as JSON. */
function rawValue(value: unknown): string {
    if (typeof value === "string") return value;
    if (typeof value === "object" && value !== null && "secure" in value) return sealed;
    return JSON.stringify(value);
}

function parsed(raw: Record<string, string>, path: string): StagingConfig {
    try {
        const config = parseConfig(raw);
        if (config.role === "staging") return config;
    } catch (cause) {
        throw new SlotkeeperError("usage", `${path}: ${(cause as Error).message}`, "docs/drills.md", { cause });
    }
    throw new Error("the role was read differently");
}

const said = (value: string | undefined) => (value === undefined ? "nothing" : JSON.stringify(value));
