import { isIP } from "node:net";
import { z } from "zod";

const argv = z.array(z.string().min(1)).min(1);

/** A network that may log in: never the whole internet, nor a good part of it. */
const sshNetwork = z.string().superRefine((cidr, context) => {
    const [address = "", bits = ""] = cidr.split("/");
    const version = isIP(address);
    const size = Number(bits);
    if (version === 0 || !/^\d+$/.test(bits) || size > (version === 4 ? 32 : 128))
        context.addIssue({ code: "custom", message: "must be a network such as 203.0.113.7/32" });
    else if (size < (version === 4 ? 16 : 32))
        context.addIssue({
            code: "custom",
            message: "lets half the internet try to log in: give your own address, such as 203.0.113.7/32",
        });
});

/** Instance types on Xen: their volumes and consoles are not where this program looks (docs.aws.amazon.com/ec2, "Nitro"). */
const xen = /^(t[12]|m[1-4]|c[134]|cc2|cr1|r[34]|i[23]|d2|h1|hs1|g2|g3s?|p[23]|f1|x1e?)\./;

const ec2 = z.strictObject({
    kind: z.literal("ec2"),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as eu-central-1"),
    /** Availability zone of the server and its data volume; the region's "a" when absent. */
    zone: z.string().min(1).optional(),
    /** Graviton (t4g, c7g, …) is arm64, all others are x64. */
    instanceType: z
        .string()
        .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "must be an instance type such as t4g.small")
        .refine((type) => !xen.test(type), "is of a generation before Nitro: take a newer one, such as t4g.small")
        .default("t4g.small"),
    /** Size of the encrypted data volume (production) or of the root volume (staging). */
    volumeGb: z.number().int().min(8).max(16384).default(20),
    /** The networks that may log in by SSH. */
    sshFrom: z
        .array(sshNetwork)
        .min(1, "must name at least one network: yours, or nobody can provision the server")
        .refine(
            (networks) => networks.some((network) => !network.includes(":")),
            "must name at least one IPv4 network: the server is provisioned at its IPv4 address",
        ),
    /** TCP ports open to everybody: those of the app, or of the proxy before it. */
    publicPorts: z
        .array(
            z
                .number()
                .int()
                .min(1)
                .max(65535)
                .refine((port) => port !== 22, "must not be SSH's: sshFrom says who may log in"),
        )
        .default([]),
    /** An address that stays when the server is replaced. */
    elasticIp: z.boolean().default(false),
    /** A Route 53 record that points to the server once it is recovered and the app is up; only in production. */
    dns: z
        .strictObject({
            zoneId: z.string().min(1),
            name: z.string().min(1),
            ttl: z.number().int().min(10).default(60),
        })
        .optional(),
});

/** The app server: made on EC2, an existing one, or one that a command makes. */
export const serverSchema = z.discriminatedUnion(
    "kind",
    [
        ec2,
        z.strictObject({
            kind: z.literal("ssh"),
            host: z.string().min(1),
            port: z.number().int().min(1).max(65535).default(22),
            /** root, or a user that may use sudo without a password. */
            user: z
                .string()
                .regex(/^[a-z_][a-z0-9_-]*$/, "must be a user's name")
                .default("root"),
            hostKey: z.string().regex(/^(ssh-|ecdsa-)\S+ \S+/, "must be a public key: ssh-ed25519 AAAA…"),
            arch: z.enum(["x64", "arm64"]).default("x64"),
        }),
        z.strictObject({
            kind: z.literal("command"),
            /** Makes the machine; prints {"host", "port", "user", "hostKey"} as JSON. */
            create: argv,
            /** Removes it; must succeed when there is nothing left to remove. */
            delete: argv,
        }),
    ],
    { error: 'must have kind: "ec2", "ssh" or "command"' },
);

export type ServerConfig = z.infer<typeof serverSchema>;
export type Ec2Config = z.infer<typeof ec2>;

/** The processor of a server, as Node names it. */
export function archOf(server: ServerConfig): "x64" | "arm64" {
    if (server.kind === "ssh") return server.arch;
    // A machine that a command makes is made here.
    if (server.kind === "command") return process.arch === "arm64" ? "arm64" : "x64";
    // Graviton's families have a "g" right after the generation: t4g, c7gn, im4gn; and a1.
    return /^([a-z]+\d+g[a-z-]*|a1)\./.test(server.instanceType) ? "arm64" : "x64";
}
