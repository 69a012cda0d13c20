import grpc from "@grpc/grpc-js";
import analyzerService from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerMessages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { bind, limits } from "../provider/serve.ts";
import { unary, type Unary } from "../provider/unary.ts";

/** What a policy pack has to know of the stack when it starts, as the engine tells it. */
export type StackConfiguration = InstanceType<typeof analyzerMessages.AnalyzerStackConfigureRequest>;

type Reply = (error: grpc.ServiceError | null, response: unknown) => void;

/**
 * Stands between the engine and a policy pack. The engine tells a stack's configuration to a pack that runs already,
 * but Node's packs want it in their environment: so the engine talks to this, and the pack is started when it has said
 * it (as sdk/policy_proxy.go of github.com/pulumi/pulumi, v3.259.0).
 */
export class PolicyProxy {
    /** Resolves to null where the engine asks for something else first, as `pulumi policy publish` does. */
    readonly configuration: Promise<StackConfiguration | null>;
    readonly #configured: (request: StackConfiguration | null) => void;
    readonly #pack = Promise.withResolvers<grpc.Client>();
    readonly #server: grpc.Server;
    readonly #methods = analyzerService.AnalyzerService as unknown as grpc.ServiceDefinition;

    constructor() {
        const { promise, resolve } = Promise.withResolvers<StackConfiguration | null>();
        this.configuration = promise;
        this.#configured = resolve;
        // A pack that never starts is told to whoever waits for it, and to nobody else.
        this.#pack.promise.catch(() => undefined);
        this.#server = new grpc.Server(limits);
    }

    /** Listens on loopback. @returns the port. */
    async listen(): Promise<number> {
        const forwarded = Object.keys(this.#methods).map((name) => [name, this.#forward(name)] as const);
        return bind(this.#server, this.#methods, {
            ...Object.fromEntries(forwarded),
            handshake: unary(() => new analyzerMessages.AnalyzerHandshakeResponse()),
            configureStack: unary((request: StackConfiguration) => {
                this.#configured(request);
                return new analyzerMessages.AnalyzerStackConfigureResponse();
            }),
        });
    }

    /** The pack is there: everything that the engine has asked for, and will, goes to it. */
    async attach(port: number): Promise<void> {
        const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), limits);
        const configuration = await this.configuration;
        // The stack's tags; a pack of an older SDK does not know the call.
        if (configuration !== null)
            await this.#call(client, "configureStack", configuration).catch((error: unknown) => {
                if ((error as grpc.ServiceError).code !== grpc.status.UNIMPLEMENTED) throw error;
            });
        this.#pack.resolve(client);
    }

    /** The pack will not come, or is gone. */
    close(reason: string): void {
        this.#pack.reject(new Error(reason));
        // What waits for the pack still gets its answer: the reason.
        this.#server.tryShutdown(() => undefined);
    }

    #forward(name: string): Unary {
        return unary(async (request: never) => {
            this.#configured(null);
            return this.#call(await this.#pack.promise, name, request);
        });
    }

    #call(client: grpc.Client, name: string, request: unknown): Promise<unknown> {
        const method = this.#methods[name];
        if (method === undefined) throw new Error(`the analyzer protocol has no ${name}`);
        return new Promise((resolve, reject) => {
            const reply: Reply = (error, response) => {
                if (error === null) resolve(response);
                else reject(error);
            };
            client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, reply);
        });
    }
}
