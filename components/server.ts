import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { secret } from "./config/secrets.ts";
import type { ServerConfig } from "./config/server.ts";
import { type Address, addressSchema } from "./outputs.ts";
import { commandLine } from "./render/shell.ts";

export interface ServerArgs {
    readonly server: ServerConfig;
}

/**
 * The app server: an existing one (`ssh`), or one that a command makes and removes (`command`).
 * It is always reached with a pinned host key.
 */
export class Server extends pulumi.ComponentResource {
    readonly address: pulumi.Output<Address>;
    /** What every remote resource connects with. */
    readonly connection: pulumi.Output<command.types.input.remote.ConnectionArgs>;
    /** Options of every resource that is made on this server: where the machine itself goes, nothing dials it. */
    remote: Pick<pulumi.CustomResourceOptions, "deletedWith"> = {};
    /** Another value means another machine: its disk is empty. */
    readonly instance: pulumi.Output<string>;

    constructor(name: string, args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Server", name, {}, opts);
        this.address = this.addressOf(name, args.server);
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
        this.instance = this.address.hostKey;
        this.registerOutputs({ address: this.address });
    }

    private addressOf(name: string, server: ServerConfig): pulumi.Output<Address> {
        if (server.kind === "command") return this.machine(name, server);
        if (server.kind === "ec2") throw new Error("not yet");
        const { host, port, user, hostKey } = server;
        return pulumi.output({ host, port, user, hostKey });
    }

    private machine(name: string, server: ServerConfig & { kind: "command" }): pulumi.Output<Address> {
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
        this.remote = { deletedWith: machine };
        return machine.stdout.apply((text) => addressSchema.parse(JSON.parse(text)));
    }
}
