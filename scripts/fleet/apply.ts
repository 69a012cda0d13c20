import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { z } from "zod";

import { writeFileAtomically } from "../adapters/atomic-file.ts";
import type { Ownership } from "../adapters/ownership.ts";
import { lookUpOwner } from "../adapters/ownership.ts";
import { journalTail, systemctl, unitState } from "../adapters/systemd.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

const octalMode = z.string().regex(/^0?[0-7]{3,4}$/, "must be an octal mode such as 0600");
const unitName = z
    .string()
    .regex(/^[A-Za-z0-9:_.\\@-]+\.(service|timer|socket|path|target)$/, "must be a unit's full name");

/** The wanted state of a server: what `slotkeeper apply` reads from stdin. */
export const desiredSchema = z.strictObject({
    files: z
        .array(
            z.strictObject({
                path: z.string().regex(/^\/[^\0\n]+$/, "must be an absolute path"),
                mode: octalMode.default("0600"),
                /** A user and its group of the same name, or "user:group"; root when absent. */
                owner: z
                    .string()
                    .regex(/^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$/)
                    .optional(),
                content: z.string(),
            }),
        )
        .default([]),
    units: z
        .strictObject({
            enable: z.array(unitName).default([]),
            start: z.array(unitName).default([]),
            /** Restarted instead of left running when a file of this apply has changed; they are started, too. */
            restartOnChange: z.array(unitName).default([]),
        })
        .default({ enable: [], start: [], restartOnChange: [] }),
});

/** See {@link desiredSchema}. */
export type DesiredState = z.infer<typeof desiredSchema>;

/** What `apply` did: paths and names only, never a content. */
export interface Applied {
    changed: string[];
    unchanged: string[];
    units: Record<string, string>;
}

/** Milliseconds a unit must stay up after its start before it counts as running. */
const SETTLE = 700;

/**
 * Writes the files that differ (each atomically), then enables and starts the units. Doing it twice changes nothing.
 * @throws SlotkeeperError "checkFailed" with the end of the unit's journal when one does not stay up.
 */
export async function applyDesired(desired: DesiredState, progress: Progress): Promise<Applied> {
    const changed: string[] = [];
    const unchanged: string[] = [];
    for (const file of desired.files) {
        const differs = await writeIfDifferent(file);
        (differs ? changed : unchanged).push(file.path);
        if (differs) progress(`wrote ${file.path}`);
    }
    const units = await applyUnits(desired.units, changed, progress);
    return { changed, unchanged, units };
}

async function writeIfDifferent(file: DesiredState["files"][number]): Promise<boolean> {
    const mode = parseInt(file.mode, 8);
    const owner = file.owner === undefined ? null : await ownerOf(file.owner);
    const wanted = owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    if (existsSync(file.path)) {
        const now = await stat(file.path);
        const same = (now.mode & 0o7777) === mode && now.uid === wanted.uid && now.gid === wanted.gid;
        if (same && (await readFile(file.path, "utf8")) === file.content) return false;
    } else {
        await mkdir(dirname(file.path), { recursive: true, mode: 0o755 });
    }
    await writeFileAtomically(file.path, file.content, { mode, owner });
    return true;
}

async function ownerOf(text: string): Promise<Ownership> {
    const [user = text, group = user] = text.split(":");
    return lookUpOwner({ user, group });
}

async function applyUnits(
    units: DesiredState["units"],
    changed: string[],
    progress: Progress,
): Promise<Record<string, string>> {
    const wanted = [...new Set([...units.start, ...units.restartOnChange])];
    if (wanted.length === 0 && units.enable.length === 0) return {};
    if (changed.some((path) => path.startsWith("/etc/systemd/"))) await systemctl("daemon-reload");
    if (units.enable.length > 0) await systemctl("enable", "--quiet", ...units.enable);
    const before = new Map<string, number>();
    for (const unit of wanted) {
        const { active } = await unitState(unit);
        const restart = active === "active" && changed.length > 0 && units.restartOnChange.includes(unit);
        if (active === "active" && !restart) {
            if (changed.length > 0) progress(`${unit} was already running: it takes up new files at its next start`);
        } else {
            await systemctl("reset-failed", unit).catch(() => undefined);
            await systemctl(restart ? "restart" : "start", unit);
            progress(`${restart ? "restarted" : "started"} ${unit}`);
        }
        before.set(unit, (await unitState(unit)).restarts);
    }
    if (wanted.length > 0) await wait(SETTLE);
    const states = await Promise.all(wanted.map(async (unit) => [unit, await settled(unit, before.get(unit) ?? 0)]));
    return Object.fromEntries(states) as Record<string, string>;
}

async function settled(unit: string, restartsBefore: number): Promise<string> {
    const { active, result, type, restarts } = await unitState(unit);
    const done = type === "oneshot" && active === "inactive" && result === "success";
    if (done || (active === "active" && restarts === restartsBefore)) return active;
    const state = restarts > restartsBefore ? "keeps ending and being restarted" : `is ${active} (${result})`;
    const hint = `the end of its journal:\n${await journalTail(unit)}`;
    throw new SlotkeeperError("checkFailed", `${unit} was started, but ${state}`, hint);
}
