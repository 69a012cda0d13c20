import type * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "./config.ts";
import { secret } from "./config/secrets.ts";
import type { ServerConfig } from "./config/server.ts";
import { Ec2Server } from "./ec2-server.ts";
import { type Address, addressSchema } from "./outputs.ts";
import { asRoot, commandLine } from "./render/shell.ts";

/**
 * The app server: one on EC2 (`ec2`), an existing one (`ssh`), or one that a command makes and removes (`command`).
 * It is always reached with a pinned host key.
 */
export class Server extends pulumi.ComponentResource {
    readonly address: pulumi.Output<Address>;
    /** What every remote resource connects with. */
    readonly connection: pulumi.Output<command.types.input.remote.ConnectionArgs>;
    /** Another value means another machine: all of its disks, or all but the data volume, are empty. */
    readonly instance: pulumi.Output<string>;
    /** Options of every resource that is made on this server: where the machine itself goes, nothing dials it. */
    readonly remote: Pick<pulumi.CustomResourceOptions, "deletedWith">;
    /** Resolves when what the server is made from has been found; where it cannot be, nothing should be made. */
    readonly found: Promise<unknown>;
    /** Of the account where the server is, and its DNS; only on EC2. */
    readonly provider: aws.Provider | undefined;

    constructor(name: string, config: StackConfig, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Server", name, {}, opts);
        const made = this.make(name, config);
        this.address = made.address;
        this.instance = made.instance ?? this.address.hostKey;
        this.remote = made.machine === undefined ? {} : { deletedWith: made.machine };
        this.found = made.found ?? Promise.resolve();
        this.provider = made.provider;
        this.connection = pulumi.secret(
            pulumi.all([this.address, secret("sshPrivateKey")]).apply(([to, privateKey]) => ({
                host: to.host,
                port: to.port,
                user: to.user,
                hostKey: to.hostKey,
                privateKey,
                dialErrorLimit: 30,
                perDialTimeout: 5,
            })),
        );
        this.registerOutputs({ address: this.address });
    }

    /** A shell command that this server's user runs as root. */
    asRoot(script: pulumi.Input<string>): pulumi.Output<string> {
        return pulumi.all([this.address, script]).apply(([{ user }, text]) => asRoot(user, text));
    }

    private make(name: string, config: StackConfig): Made {
        const { server } = config;
        if (server.kind === "command") return this.machine(name, server);
        if (server.kind === "ec2") {
            const ec2 = new Ec2Server(`${name}-ec2`, { server, config }, { parent: this });
            const { address, instance, image, provider } = ec2;
            return { address, instance: instance.id, machine: instance, found: image, provider };
        }
        const { host, port, user, hostKey } = server;
        return { address: pulumi.output({ host, port, user, hostKey }) };
    }

    private machine(name: string, server: ServerConfig & { kind: "command" }): Made {
        const machine = new command.local.Command(
            `${name}-machine`,
            {
                create: commandLine(server.create),
                // A change of the command makes no new machine: that would be a new, empty disk.
                update: `printf %s "$PULUMI_COMMAND_STDOUT"`,
                delete: commandLine(server.delete),
            },
            // The new machine has the old one's address, so the old one goes first.
            { parent: this, ignoreChanges: ["create", "update"], deleteBeforeReplace: true },
        );
        const address = machine.stdout.apply((text) => addressSchema.parse(JSON.parse(text)));
        return { address, machine };
    }
}

/** One kind of server. */
interface Made {
    readonly address: pulumi.Output<Address>;
    /** Changes exactly when the machine does; the host key where there is nothing better. */
    readonly instance?: pulumi.Output<string>;
    /** The resource that is the machine, where this stack makes it. */
    readonly machine?: pulumi.Resource;
    readonly found?: Promise<unknown>;
    readonly provider?: aws.Provider;
}
