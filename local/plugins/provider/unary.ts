import grpc from "@grpc/grpc-js";

/** One method of a gRPC service. */
export type Unary = grpc.handleUnaryCall<unknown, unknown>;

/** A gRPC method from a function: what it throws becomes the call's error. */
export function unary(work: (request: never) => unknown): Unary {
    return (call, callback) => {
        Promise.resolve(call.request as never)
            .then(work)
            .then(
                (response) => {
                    callback(null, response);
                },
                (error: unknown) => {
                    const details = error instanceof Error ? error.message : String(error);
                    callback({ code: grpc.status.UNKNOWN, details });
                },
            );
    };
}
