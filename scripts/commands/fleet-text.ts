import type { FleetResult } from "../fleet/result.ts";

/** A fleet's result in words: what is wrong first, one line of numbers last. */
export function fleetText(result: FleetResult, verb: "restored" | "verified"): string {
    const lines: string[] = [];
    const { catalog, databases, unexpected } = result;
    if (catalog.problem !== null) lines.push(`catalog: ${catalog.problem.message}`, `    ${catalog.problem.hint}`);
    for (const { id, reason } of catalog.refused) {
        lines.push(`slot id ${id}: ${reason}`, "    rename it in the catalog; it is never used as a path");
    }
    for (const { id, status, problem } of databases) {
        if (problem !== null) lines.push(`${id}: ${status}: ${problem.message}`, `    ${problem.hint}`);
    }
    for (const name of unexpected) lines.push(`${name}: in the slots folder, but no active slot`);
    const good = databases.filter(({ status }) => status === "restored").length;
    const megabytes = databases.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
    const seconds = (result.finishedAt - result.startedAt) / 1000;
    const total = Math.max(databases.length, catalog.active.length + (databases.length === 0 ? 0 : 1));
    lines.push(
        `${good} of ${total} databases ${verb} and sound, ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s`,
    );
    return lines.join("\n");
}
