import { HOURS_PER_MONTH } from "./tariffs.ts";

/** A server as far as its price goes; one that is not EC2's costs nothing here. */
export type PricedServer =
    | { readonly kind: "ec2"; readonly instanceType: string; readonly volumeGb: number }
    | { readonly kind: "ssh" | "command" };

/**
 * USD an hour of a "large"; us-east-1, Linux, on demand. t4g.large 0.0672 and t3.large 0.0832: go-cloud.io, read
 * 2026-09-07; m7g.large 0.0816: factualminds.com, of June 2026, read 2026-11-24. Both quote AWS's price list.
 */
const largeUsd: Readonly<Record<string, number>> = { t4g: 0.0672, t3: 0.0832, m7g: 0.0816 };

/** How a size compares with "large": each is twice the price of the one before. */
const sizes: Readonly<Record<string, number>> = {
    nano: 1 / 16,
    micro: 1 / 8,
    small: 1 / 4,
    medium: 1 / 2,
    large: 1,
    xlarge: 2,
};

/** More than a "large" of any general-purpose family costs (m7i.large: 0.1008). */
const unknownLargeUsd = 0.12;

/** EBS gp3 per GB and month, a public IPv4 address per hour; us-east-1, from the same pages. */
const gp3GbMonth = 0.08;
const ipv4Hour = 0.005;

/** What an instance costs an hour; `known` is false where that is only guessed from its size. */
export function instanceHour(instanceType: string): { readonly usd: number; readonly known: boolean } {
    const [family = "", size = ""] = instanceType.split(".");
    const large = largeUsd[family];
    const share = sizes[size] ?? Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 8) * 2;
    return { usd: (large ?? unknownLargeUsd) * share, known: large !== undefined };
}

/** What a server with its disk and address costs an hour, in USD. */
export function serverHourUsd(server: PricedServer): number {
    if (server.kind !== "ec2") return 0;
    return instanceHour(server.instanceType).usd + ipv4Hour + (server.volumeGb * gp3GbMonth) / HOURS_PER_MONTH;
}

/** What a drill's server cost, in USD, billed by the second and for a minute at least; 0 for a machine of one's own. */
export function drillUsd(server: PricedServer, minutes: number): number {
    return (serverHourUsd(server) * Math.max(1, minutes)) / 60;
}
