import grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { providerMethods } from "./methods.ts";
import type { Provider } from "./resource.ts";

// What the engine itself sends at most: sdk/go/common/util/rpcutil/serve.go, 400 MB.
const MESSAGE_BYTES = 400 * 1024 * 1024;

/** How large a message may be: a stack's whole state may come in one. */
export const limits = {
    "grpc.max_receive_message_length": MESSAGE_BYTES,
    "grpc.max_send_message_length": MESSAGE_BYTES,
};

/** Serves a provider to the Pulumi engine that started this process. */
export function serve(provider: Provider): void {
    const address = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
    listen(providerService.ResourceProviderService, providerMethods(provider, address));
}

/**
 * Serves what a Pulumi plugin has to: prints the port it listens on, on loopback only, and lives until the engine that
 * started this process ends it or is gone.
 */
export function listen(service: grpc.ServiceDefinition, methods: grpc.UntypedServiceImplementation): void {
    const server = new grpc.Server(limits);
    void bind(server, service, methods).then((port) => process.stdout.write(`${port}\n`));
    exitWithParent();
}

/** Serves on a free port of loopback. @returns the port. */
export function bind(
    server: grpc.Server,
    service: grpc.ServiceDefinition,
    methods: grpc.UntypedServiceImplementation,
): Promise<number> {
    server.addService(service, methods);
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error === null) resolve(port);
            else reject(error);
        });
    });
}

/** An engine that is killed cannot end its plugins: each watches for a new parent, and goes then. */
function exitWithParent(): void {
    const parent = process.ppid;
    setInterval(() => {
        if (process.ppid !== parent) process.exit(0);
    }, 500).unref();
}
