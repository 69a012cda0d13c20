import * as pulumi from "@pulumi/pulumi";

/** A resource as a program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
}

/**
 * Runs a program against recording mocks and returns what it registered. An invoke it does not expect fails the test.
 * @param config the stack's configuration, keys with namespace.
 * @param preview whether the program is told that nothing is made.
 */
export async function record(
    config: Record<string, string>,
    build: () => Promise<unknown>,
    preview = false,
): Promise<Registered[]> {
    const resources: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                resources.push({ type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> });
                const stdout = JSON.stringify({
                    host: "192.0.2.1",
                    port: 22,
                    user: "root",
                    hostKey: "ssh-ed25519 AAAA",
                });
                return { id: `${args.name}-id`, state: { stdout, result: "secret", ...(args.inputs as object) } };
            },
            call: (args) => {
                throw new Error(`unexpected invoke ${args.token}`);
            },
        },
        "slotkeeper",
        "test",
        preview,
    );
    pulumi.runtime.setAllConfig(config);
    await build();
    await pulumi.runtime.disconnect();
    return resources;
}
