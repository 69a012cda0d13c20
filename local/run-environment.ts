/** The variable by which every process that belongs to a run is known, its children's children included. */
export const runVariable = "SLOTKEEPER_RUN";

/** What to add to the environment of each process that a run starts, so that `clearRun` finds it. */
export const runEnvironment = (runId: string): Record<string, string> => ({ [runVariable]: runId });
