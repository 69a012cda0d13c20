import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2Config } from "./config/server.ts";

export interface Ec2NetworkArgs {
    readonly server: Ec2Config;
    readonly zone: string;
    /** Whether everybody may reach the app's ports: only in production. */
    readonly isPublic: boolean;
    readonly tags: Readonly<Record<string, string>>;
    readonly provider: aws.Provider;
}

/**
 * A network of the stack's own with one public subnet, for its one server: no other stack's server is beside it. What
 * may come in is SSH from the given networks, and in production the app's ports.
 */
export class Ec2Network extends pulumi.ComponentResource {
    readonly subnetId: pulumi.Output<string>;
    readonly securityGroupId: pulumi.Output<string>;

    constructor(name: string, args: Ec2NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Ec2Network", name, {}, opts);
        const { server, zone, isPublic, tags, provider } = args;
        const options = { parent: this, provider };
        const vpc = new aws.ec2.Vpc(
            `${name}-vpc`,
            { cidrBlock: "10.77.0.0/24", assignGeneratedIpv6CidrBlock: true, tags },
            options,
        );
        const gateway = new aws.ec2.InternetGateway(`${name}-gateway`, { vpcId: vpc.id, tags }, options);
        const subnet = new aws.ec2.Subnet(
            `${name}-subnet`,
            {
                vpcId: vpc.id,
                availabilityZone: zone,
                cidrBlock: "10.77.0.0/24",
                ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => block.replace(/\/\d+$/, "/64")),
                mapPublicIpOnLaunch: true,
                assignIpv6AddressOnCreation: true,
                tags,
            },
            options,
        );
        const out = { gatewayId: gateway.id };
        const routes = new aws.ec2.RouteTable(
            `${name}-routes`,
            {
                vpcId: vpc.id,
                routes: [
                    { cidrBlock: "0.0.0.0/0", ...out },
                    { ipv6CidrBlock: "::/0", ...out },
                ],
                tags,
            },
            options,
        );
        const routed = new aws.ec2.RouteTableAssociation(
            `${name}-routed`,
            { subnetId: subnet.id, routeTableId: routes.id },
            options,
        );
        const group = new aws.ec2.SecurityGroup(
            `${name}-firewall`,
            {
                vpcId: vpc.id,
                description: "SSH from where it is provisioned; in production the app",
                ingress: [sshRule(server.sshFrom), ...(isPublic ? server.publicPorts.map(publicRule) : [])],
                egress: [{ protocol: "-1", fromPort: 0, toPort: 0, ...everywhere }],
                tags,
            },
            options,
        );
        // A server that is there before its route cannot be reached.
        this.subnetId = pulumi.all([subnet.id, routed.id]).apply(([id]) => id);
        this.securityGroupId = group.id;
        this.registerOutputs({ subnetId: this.subnetId, securityGroupId: this.securityGroupId });
    }
}

const everywhere = { cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] };

function sshRule(networks: readonly string[]) {
    const isV6 = (network: string) => network.includes(":");
    return {
        description: "SSH",
        protocol: "tcp",
        fromPort: 22,
        toPort: 22,
        cidrBlocks: networks.filter((network) => !isV6(network)),
        ipv6CidrBlocks: networks.filter(isV6),
    };
}

function publicRule(port: number) {
    return { description: "the app", protocol: "tcp", fromPort: port, toPort: port, ...everywhere };
}
