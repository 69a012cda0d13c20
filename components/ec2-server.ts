import * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "./config.ts";
import { placeholder, secret } from "./config/secrets.ts";
import { archOf, type Ec2Config } from "./config/server.ts";
import { Ec2Network } from "./ec2-network.ts";
import type { Address } from "./outputs.ts";
import { computeProvider } from "./providers.ts";
import { publicHalf } from "./render/ssh-key.ts";
import { userData } from "./render/user-data.ts";
import { appUser } from "./runtime.ts";

export interface Ec2ServerArgs {
    readonly server: Ec2Config;
    readonly config: StackConfig;
}

/** Debian's account on AWS (wiki.debian.org/Cloud/AmazonEC2Image). */
const debianAccount = "136693071363";
/** For Debian, releases of the program and logs; the databases are on the data volume. */
const productionRootGb = 12;

/**
 * A Debian 13 server on EC2. In production its databases are on an encrypted volume of their own, which outlives it; in
 * staging there is no such volume, and the server ends itself after its lifetime, whatever becomes of the drill.
 */
export class Ec2Server extends pulumi.ComponentResource {
    readonly address: pulumi.Output<Address>;
    readonly instance: aws.ec2.Instance;
    readonly provider: aws.Provider;
    /** Debian's image, looked up: rejected where EC2 cannot be asked, and then nothing else should be made. */
    readonly image: Promise<string>;

    constructor(name: string, args: Ec2ServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("slotkeeper:index:Ec2Server", name, {}, opts);
        const { server, config } = args;
        const zone = server.zone ?? `${server.region}a`;
        const stack = `${pulumi.getProject()}-${pulumi.getStack()}`;
        const tags = { Name: stack, "slotkeeper:stack": pulumi.getStack(), "slotkeeper:role": config.role };
        this.provider = computeProvider(`${name}-aws`, server.region, { parent: this });
        const options = { parent: this, provider: this.provider };
        this.image = this.debianImage(server);
        const network = new Ec2Network(
            `${name}-network`,
            { server, zone, isPublic: config.role === "production", tags, provider: this.provider },
            { parent: this },
        );
        // Of one name for good: another key does not mean another server.
        const key = new aws.ec2.KeyPair(
            `${name}-key`,
            { keyName: stack, publicKey: pulumi.unsecret(secret("sshPrivateKey").apply(publicKeyOf)), tags },
            { ...options, deleteBeforeReplace: true },
        );
        const volume =
            config.role === "production"
                ? new aws.ebs.Volume(
                      `${name}-data`,
                      { availabilityZone: zone, type: "gp3", size: server.volumeGb, encrypted: true, tags },
                      { ...options, protect: !config.drill, retainOnDelete: !config.drill },
                  )
                : undefined;
        this.instance = new aws.ec2.Instance(
            `${name}-instance`,
            {
                ami: this.image,
                instanceType: server.instanceType as aws.ec2.InstanceType,
                subnetId: network.subnetId,
                vpcSecurityGroupIds: [network.securityGroupId],
                keyName: stack,
                metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
                rootBlockDevice: {
                    volumeType: "gp3",
                    volumeSize: volume === undefined ? server.volumeGb : productionRootGb,
                    encrypted: true,
                    deleteOnTermination: true,
                    tags,
                },
                ...lifeOf(config, volume),
                tags,
            },
            {
                ...options,
                dependsOn: key,
                // The volume must leave the old server before the new one can have it.
                deleteBeforeReplace: true,
                // A newer Debian, or another first boot, is for the next server: this one runs.
                ignoreChanges: config.role === "production" ? ["ami", "userData"] : ["ami"],
            },
        );
        const attachment =
            volume &&
            new aws.ec2.VolumeAttachment(
                `${name}-attachment`,
                {
                    // A Nitro server calls it otherwise: it is found by the volume's id (render/user-data.ts).
                    deviceName: "/dev/sdf",
                    instanceId: this.instance.id,
                    volumeId: volume.id,
                    // The databases are closed and the file system is unmounted before the volume goes.
                    stopInstanceBeforeDetaching: true,
                },
                { ...options, deleteBeforeReplace: true },
            );
        const host = server.elasticIp ? this.elasticIp(name, tags) : this.instance.publicIp;
        const hostKey = this.hostKey(name, server.region, attachment ?? this.instance);
        this.address = pulumi
            .all([host, hostKey])
            .apply(([address, pinned]) => ({ host: address, port: 22, user: "root", hostKey: pinned }));
        this.registerOutputs({ address: this.address });
    }

    private async debianImage(server: Ec2Config): Promise<string> {
        const arch = { x64: "amd64", arm64: "arm64" }[archOf(server)];
        const { id } = await aws.ec2.getAmi(
            {
                owners: [debianAccount],
                mostRecent: true,
                filters: [
                    { name: "name", values: [`debian-13-${arch}-*`] },
                    { name: "virtualization-type", values: ["hvm"] },
                    { name: "root-device-type", values: ["ebs"] },
                ],
            },
            { parent: this, provider: this.provider },
        );
        return id;
    }

    /** An address that stays; known only once the server answers there. */
    private elasticIp(name: string, tags: Record<string, string>): pulumi.Output<string> {
        const options = { parent: this, provider: this.provider };
        const ip = new aws.ec2.Eip(`${name}-ip`, { domain: "vpc", tags }, options);
        const associated = new aws.ec2.EipAssociation(
            `${name}-ip-of-instance`,
            { allocationId: ip.id, instanceId: this.instance.id },
            { ...options, deleteBeforeReplace: true },
        );
        return pulumi.all([ip.publicIp, associated.id]).apply(([address]) => address);
    }

    /**
     * What the server said of itself on its console, read once through EC2's API and kept in the state. It says so only
     * when it is ready: its data volume is mounted.
     */
    private hostKey(name: string, region: string, ready: pulumi.Resource): pulumi.Output<string> {
        const { id } = this.instance;
        const run = `cd "\${SLOTKEEPER_PROJECT:-.}" && exec node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/slotkeeper.ts`;
        const read = new command.local.Command(
            `${name}-host-key`,
            {
                create: pulumi.interpolate`${run} ec2-host-key --instance ${id} --region ${region}`,
                // Once it is known it stays: the console shows only what was written last.
                update: `printf %s "$PULUMI_COMMAND_STDOUT"`,
                triggers: [id],
            },
            { parent: this, dependsOn: ready, deletedWith: this.instance },
        );
        return read.stdout.apply((text) => text.trim());
    }
}

/** How the server begins, and what becomes of it when it is shut down. */
function lifeOf(config: StackConfig, volume: aws.ebs.Volume | undefined) {
    if (config.role === "staging")
        return {
            userData: userData({ lifetimeMinutes: config.lifetimeMinutes }),
            userDataReplaceOnChange: true,
            instanceInitiatedShutdownBehavior: "terminate",
        };
    const { dataDir: mountPoint } = config.fleet;
    const mounted = volume?.id.apply((id) => userData({ volume: { id, mountPoint, user: appUser } }));
    return { userData: mounted ?? userData({}), instanceInitiatedShutdownBehavior: "stop" };
}

/** What EC2 gets of the stack's SSH key. @throws pulumi.RunError that shows nothing of it. */
export function publicKeyOf(privateKey: string): string {
    // What stands in a shared stack file does for a plan; an `up` has refused it before.
    if (privateKey === placeholder && pulumi.runtime.isDryRun()) return placeholder;
    try {
        return publicHalf(privateKey);
    } catch (error) {
        throw new pulumi.RunError(
            `slotkeeper:sshPrivateKey cannot be used: ${error instanceof Error ? error.message : "it cannot be read"}. ` +
                "Set it: pulumi config set --secret slotkeeper:sshPrivateKey < key",
        );
    }
}
