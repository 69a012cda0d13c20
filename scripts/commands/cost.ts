import { Command, Option } from "commander";
import { z } from "zod";
import { costSchema, rpoSecondsSchema } from "../../components/config/cost.ts";
import { advise } from "../../components/cost/advice.ts";
import { type CostInput, estimate } from "../../components/cost/estimate.ts";
import { costInputOf } from "../../components/cost/input.ts";
import { b2Until2026April } from "../../components/cost/tariffs.ts";
import { warningOn } from "../../components/cost/words.ts";
import { SlotkeeperError } from "../errors.ts";
import { costSettingsOf } from "./cost-stack.ts";
import { costText } from "./cost-text.ts";
import { printProgress, printResult } from "./terminal.ts";

/** Options that stand for a key of the configuration, and that key. */
const knobs = {
    slots: ["cost", "slots"],
    slotMb: ["cost", "slotMb"],
    globalMb: ["cost", "globalMb"],
    busySlots: ["cost", "busySlots"],
    busyHours: ["cost", "busyHoursPerDay"],
    busyMb: ["cost", "busyMbPerHour"],
    changedSlots: ["cost", "changedSlots"],
    budget: ["cost", "budgetUsd"],
} as const;

type Knobs = Partial<Record<keyof typeof knobs | "rpo" | "keepDeleted" | "replicaGb", string>>;

interface Options extends Knobs {
    stack?: string;
    backend?: CostInput["backend"];
    region?: string;
    formerPrices?: boolean;
    json?: boolean;
    check?: boolean;
}

const help = `
With --stack the figures are those of Pulumi.<stack>.yaml; an option given beside it takes the place of one.
Without, they are the defaults: 200 slots of 3 MB on B2 (docs/costs.md explains each).

Exit status: 0 also over the budget, with a warning; 2 wrong usage; 10 no such stack; 11 over the budget with --check`;

/** `cost`: what the backups cost a month, what that comes from, and what brings it down. */
export function costCommand(): Command {
    const number = (flags: string, description: string) => new Option(`${flags} <n>`, description);
    return new Command("cost")
        .description("estimate what the backups cost a month, and what brings it down")
        .option("--stack <name>", "a production stack of this project")
        .addOption(new Option("--backend <kind>", "where backups go").choices(["b2", "aws", "s3-compatible"]))
        .option("--region <name>", "region of the bucket")
        .addOption(number("--rpo", "promised RPO in seconds"))
        .addOption(number("--slots", "slots"))
        .addOption(number("--slot-mb", "size of a slot's database, MB"))
        .addOption(number("--global-mb", "size of the global database, MB"))
        .addOption(number("--busy-slots", "slots that are written to at a busy moment"))
        .addOption(number("--busy-hours", "busy hours a day"))
        .addOption(number("--busy-mb", "what one of them uploads in a busy hour, MB"))
        .addOption(number("--changed-slots", "slots that change at all in a day (default: all)"))
        .addOption(number("--keep-deleted", "days for which what was deleted is kept"))
        .addOption(number("--replica-gb", "what the replica bucket really holds, GB, in place of its estimate"))
        .addOption(number("--budget", "the budget in USD a month"))
        .option("--former-prices", "B2's prices until April 2026, when its listings were not free")
        .option("--json", "print it as JSON")
        .option("--check", "over the budget, end with 11")
        .addHelpText("after", help)
        .action(async (options: Options) => {
            const input = await inputOf(options);
            const found = estimate(input);
            const advice = advise(input);
            const warning = warningOn(found, advice);
            printResult(
                options.json === true ? { ...found, withinBudget: warning.length === 0, advice } : costText(found),
            );
            if (options.check === true && warning.length > 0)
                throw new SlotkeeperError("checkFailed", warning[0] ?? "", warning.slice(1).join("\n"));
            for (const line of warning) printProgress(line);
        });
}

async function inputOf(options: Options): Promise<CostInput> {
    const base =
        options.stack === undefined ? defaults() : costInputOf(await costSettingsOf(process.cwd(), options.stack));
    const backend = options.backend ?? base.backend;
    if (options.formerPrices === true && backend !== "b2")
        throw new SlotkeeperError(
            "usage",
            `--former-prices is about B2, and the backend is ${backend}`,
            "leave it out",
        );
    const stated = (Object.keys(knobs) as (keyof typeof knobs)[]).flatMap((name) => {
        const value = options[name];
        return value === undefined ? [] : [[knobs[name][1], numberOf(name, value)] as const];
    });
    const moved = backend !== base.backend;
    return {
        ...base,
        backend,
        // Region, lifecycle and stated prices are those of the store that was left.
        ...(moved && { region: undefined, lifecycle: true }),
        ...(options.region !== undefined && { region: options.region }),
        ...(options.formerPrices === true && { tariff: b2Until2026April }),
        ...(options.rpo !== undefined && {
            rpoSeconds: checked("--rpo", rpoSecondsSchema, numberOf("rpo", options.rpo)),
        }),
        ...(options.keepDeleted !== undefined && {
            keepDeletedDays: checked(
                "--keep-deleted",
                z.number().int().min(1).max(365),
                numberOf("keepDeleted", options.keepDeleted),
            ),
        }),
        ...(options.replicaGb !== undefined && { replicaBytes: numberOf("replicaGb", options.replicaGb) * 1e9 }),
        cost: checkedCost({
            ...base.cost,
            ...(moved && { prices: undefined }),
            ...Object.fromEntries(stated),
        }),
    };
}

function defaults(): CostInput {
    return {
        backend: "b2",
        rpoSeconds: rpoSecondsSchema.parse(undefined),
        keepDeletedDays: 7,
        cost: costSchema.parse({}),
    };
}

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function numberOf(name: string, text: string): number {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
    throw new SlotkeeperError("usage", `${flagOf(name)} is ${JSON.stringify(text)}: must be a number, not below 0`);
}

function checked<T>(flag: string, schema: z.ZodType<T>, value: number): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new SlotkeeperError("usage", `${flag} is ${value}: ${parsed.error.issues[0]?.message ?? ""}`);
}

function checkedCost(value: unknown): CostInput["cost"] {
    const parsed = costSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) => {
        const option = (Object.keys(knobs) as (keyof typeof knobs)[]).find((name) => knobs[name][1] === path[0]);
        return `${option === undefined ? path.join(".") : flagOf(option)}: ${message}`;
    });
    throw new SlotkeeperError("usage", problems.join("\n"), "see --help");
}
