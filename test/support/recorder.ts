import * as pulumi from "@pulumi/pulumi";

/** A resource as a program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    /** `urn::id` of the provider that it names; absent for the default one. */
    readonly provider?: string | undefined;
}

/** What the cloud answers: outputs that a resource has beside its inputs, and what a lookup finds. */
export interface Answers {
    readonly outputs?: (type: string, name: string) => object;
    /** Whether the program is told that nothing is made. */
    readonly preview?: boolean;
    readonly lookUp?: (token: string, args: Record<string, unknown>) => object | undefined;
}

/**
 * Runs a program against recording mocks and returns what it registered. An invoke it does not expect fails the test.
 * @param config the stack's configuration, keys with namespace.
 */
export async function record(
    config: Record<string, string>,
    build: () => Promise<unknown>,
    { outputs, lookUp, preview = false }: Answers = {},
): Promise<Registered[]> {
    const resources: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                const { type, name, provider } = args;
                const inputs = args.inputs as Record<string, unknown>;
                resources.push({ type, name, inputs, provider });
                const stdout = JSON.stringify({
                    host: "192.0.2.1",
                    port: 22,
                    user: "root",
                    hostKey: "ssh-ed25519 AAAA",
                });
                const state = { stdout, result: `secret of ${name}`, ...inputs, ...outputs?.(type, name) };
                return { id: `${name}-id`, state };
            },
            call: (args) => {
                const found = lookUp?.(args.token, args.inputs as Record<string, unknown>);
                if (found === undefined) throw new Error(`unexpected invoke ${args.token}`);
                return found;
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

/** The options of each resource below the components that are given `transformations`; mocks never see them. */
export function rememberOptions() {
    const options = new Map<string, pulumi.CustomResourceOptions>();
    const remember: pulumi.ResourceTransformation = ({ name, opts }) => {
        options.set(name, opts);
        return undefined;
    };
    return { options, transformations: [remember] };
}
