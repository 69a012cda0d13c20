import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import type { Context } from "./resource.ts";

const { LogRequest, LogSeverity } = engineMessages;
type Severity = (typeof LogSeverity)[keyof typeof LogSeverity];

/** The engine's log: lines appear beside the resource they belong to. */
export class EngineLog {
    readonly #client: InstanceType<typeof engineService.EngineClient>;
    readonly #pending = new Set<Promise<void>>();

    constructor(address: string) {
        this.#client = new engineService.EngineClient(address, grpc.credentials.createInsecure());
    }

    /** What a resource may use while it works. */
    context(urn: string, cancelled: AbortSignal): Context {
        return {
            cancelled,
            status: (line) => {
                this.#send(LogSeverity.INFO, urn, line, true);
            },
            warn: (line) => {
                this.#send(LogSeverity.WARNING, urn, line, false);
            },
            error: (line) => {
                this.#send(LogSeverity.ERROR, urn, line, false);
            },
        };
    }

    /** Resolves when every line sent so far has reached the engine, or could not. */
    async flush(): Promise<void> {
        await Promise.all(this.#pending);
    }

    #send(severity: Severity, urn: string, message: string, ephemeral: boolean): void {
        const request = new LogRequest();
        request.setSeverity(severity);
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(ephemeral);
        // A line that cannot be delivered is lost and no more than that: the result of the work is what counts.
        const sent = new Promise<void>((done) =>
            this.#client.log(request, () => {
                done();
            }),
        );
        this.#pending.add(sent);
        void sent.then(() => this.#pending.delete(sent));
    }
}
