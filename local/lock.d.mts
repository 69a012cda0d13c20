/** Types of lock.mjs, which is JavaScript because the bootstrap runs before TypeScript can. */
export function exclusively<T>(scope: string, onWait: (ownerPid: string) => void, work: () => Promise<T>): Promise<T>;
