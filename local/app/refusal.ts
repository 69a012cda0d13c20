/** A request the app does not carry out: nothing was changed. `status` is the HTTP status to answer with. */
export class Refusal extends Error {
    override readonly name = "Refusal";
    readonly status: number;

    constructor(status: number, message: string, options?: ErrorOptions) {
        super(message, options);
        this.status = status;
    }
}
