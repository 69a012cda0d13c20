/** Exit status of every command; stable. */
export const EXIT = { ok: 0, bug: 1, usage: 2, notFound: 10, checkFailed: 11, locked: 12, remote: 13 } as const;

/** What an operator can act on; anything that is not a SlotkeeperError is a bug. */
export type ErrorKind = Exclude<keyof typeof EXIT, "ok" | "bug">;

/**
 * An expected failure: `message` names the thing and its value, `hint` says what to do about it.
 * The entry point prints both and exits with `EXIT[kind]`; no stack is shown.
 */
export class SlotkeeperError extends Error {
    override readonly name = "SlotkeeperError";
    readonly kind: ErrorKind;
    readonly hint: string | undefined;

    constructor(kind: ErrorKind, message: string, hint?: string, options?: ErrorOptions) {
        super(message, options);
        this.kind = kind;
        this.hint = hint;
    }
}
