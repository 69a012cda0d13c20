import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ServerConfig } from "./config.ts";
import { secret } from "./config.ts";
import { commandLine } from "./render/shell.ts";

export interface ServerArgs {
    readonly server: ServerConfig;
}

/** Where a server answers SSH, and the key it must prove itself with. */
export interface Address {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKey: string;
}

const address = z.object({ host: z.string(), port: z.number(), user: z.string(), hostKey: z.string() });

/**
 * The app server: an existing one (`ssh`), or one that a command makes and removes (`command`).
 * It is always reached with a pinned host key.
 */
export class Server extends pulumi.ComponentResource {
    readonly address: pulumi.Output<Address>;
    /** What every remote resource connects with. */
    readonly connection: pulumi.Output<command.types.input.remote.ConnectionArgs>;
    /** Another value means another machine: its disk is empty. */
    readonly instance: pulumi.Output<string>;

    constructor(name: string, args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Server", name, {}, opts);
        this.address = args.server.kind === "ssh" ? pulumi.output(args.server) : this.machine(name, args.server);
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
        return machine.stdout.apply((text) => address.parse(JSON.parse(text)));
    }
}
