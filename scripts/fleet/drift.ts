import type { DriftReport } from "../../components/render/look.ts";
import { unitStates } from "../adapters/systemd.ts";

import { type AppliedRecord, fileDrift, incompleteUploads, readRecords } from "./applied.ts";
import { outdatedServices } from "./services.ts";

/** Compares this server with all that was applied to it. */
export async function findDrift(folder?: string): Promise<DriftReport> {
    const records = await readRecords(folder);
    const units = [...records.values()].flatMap((record) => [...(record?.enabled ?? []), ...(record?.running ?? [])]);
    const states = await unitStates([...new Set(units)]);
    const applied: DriftReport["applied"] = {};
    for (const [name, record] of records) {
        if (record === null) {
            applied[name] = { generation: "unknown", drifted: [`what was applied as ${name} (unreadable)`] };
            continue;
        }
        const drifted = [...(await fileDrift(record)), ...unitDrift(record, states)];
        if (record.release !== null)
            for (const { unit } of await outdatedServices()) drifted.push(`${unit} (runs another release)`);
        applied[name] = { generation: record.generation, drifted };
    }
    for (const [name, archive] of await incompleteUploads(folder)) {
        applied[name] ??= { generation: "0", drifted: [] };
        // Its path tells one upload from the next, so that each is repeated.
        applied[name].drifted.push(`${archive} (not whole)`);
    }
    return { applied };
}

type States = Awaited<ReturnType<typeof unitStates>>;

function unitDrift({ enabled, running }: AppliedRecord, states: States): string[] {
    return [
        ...enabled.filter((unit) => states.get(unit)?.enabled !== "enabled").map((unit) => `${unit} (not enabled)`),
        ...running.filter((unit) => states.get(unit)?.active !== "active").map((unit) => `${unit} (not running)`),
    ];
}
