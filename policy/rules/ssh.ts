import { isIPv4 } from "node:net";
import { UNKNOWN, objectsIn, textIn, textsIn, type Props, type Resource } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

const PORT = 22;
/** Networks of fewer bits are a good part of the internet (components/config/server.ts refuses them too). */
const LEAST_BITS = { 4: 16, 6: 32 } as const;

/** Only networks that somebody named on purpose may try to log in to a server. */
export const noOpenSsh: ResourceRule = {
    name: "no-open-ssh",
    description: "Port 22 is open to named, small networks only, by IPv4 and by IPv6.",
    problems({ kind, name, props }) {
        return ingressOf(kind, props)
            .filter(coversSsh)
            .flatMap(({ networks }) => networks.filter(isWide))
            .map((network) =>
                network.startsWith("pl-")
                    ? `${name} opens SSH to the prefix list ${network}, whose networks nobody can judge here: name the networks`
                    : `${name} opens SSH (port 22) to ${network}: name your own network instead, such as 203.0.113.7/32 (slotkeeper:server, sshFrom)`,
            );
    },
};

interface Ingress {
    readonly protocol: string;
    readonly from: unknown;
    readonly to: unknown;
    readonly networks: readonly string[];
}

/** The rules for what comes in: those of a group, or one that is a resource of its own. */
function ingressOf(kind: Resource["kind"], props: Props): Ingress[] {
    const inline = (rule: Props): Ingress => ({
        protocol: protocolOf(rule, "protocol"),
        from: rule["fromPort"],
        to: rule["toPort"],
        networks: ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds"].flatMap((key) => textsIn(rule, key)),
    });
    switch (kind) {
        case "aws.ec2.SecurityGroup":
        case "aws.ec2.DefaultSecurityGroup":
            return objectsIn(props, "ingress").map(inline);
        case "aws.ec2.SecurityGroupRule":
            return textIn(props, "type") === "ingress" ? [inline(props)] : [];
        case "aws.vpc.SecurityGroupIngressRule":
            return [
                {
                    protocol: protocolOf(props, "ipProtocol"),
                    from: props["fromPort"],
                    to: props["toPort"],
                    networks: ["cidrIpv4", "cidrIpv6", "prefixListId"].flatMap((key) => textIn(props, key) ?? []),
                },
            ];
        default:
            return [];
    }
}

/** What is not known yet may be every protocol. */
function protocolOf(rule: Props, key: string): string {
    const value = rule[key];
    return value === UNKNOWN ? "-1" : String(value).toLowerCase();
}

function coversSsh({ protocol, from, to }: Ingress): boolean {
    if (protocol === "-1" || protocol === "all") return true;
    if (protocol !== "tcp" && protocol !== "6") return false;
    const least = Number(typeof from === "symbol" ? 0 : (from ?? 0));
    const most = Number(typeof to === "symbol" ? 65535 : (to ?? 65535));
    // -1 is "every port" to the provider.
    return least === -1 || (least <= PORT && PORT <= most);
}

function isWide(network: string): boolean {
    if (network.startsWith("pl-")) return true;
    const [address = "", bits] = network.split("/");
    if (bits === undefined) return false;
    return Number(bits) < (isIPv4(address) ? LEAST_BITS[4] : LEAST_BITS[6]);
}
