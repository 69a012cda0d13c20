import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2Config } from "./config/server.ts";
import type { Server } from "./server.ts";

export interface DnsArgs {
    readonly server: Server;
    readonly record: NonNullable<Ec2Config["dns"]>;
}

/**
 * The record by which users find the server. Made last: it must not lead them to a server that is not recovered. A
 * record that is there already and is not this stack's is not taken over.
 */
export class Dns extends pulumi.ComponentResource {
    constructor(name: string, args: DnsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Dns", name, {}, opts);
        const { server, record } = args;
        if (server.provider === undefined) throw new Error("only a server on EC2 has a record in Route 53");
        new aws.route53.Record(
            `${name}-record`,
            {
                zoneId: record.zoneId,
                name: record.name,
                type: "A",
                ttl: record.ttl,
                records: [server.address.host],
            },
            { parent: this, provider: server.provider },
        );
        this.registerOutputs({});
    }
}
