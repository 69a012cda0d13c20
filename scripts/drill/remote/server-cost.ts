import type { ServerConfig } from "../../../components/config/server.ts";

/**
 * On-demand prices of us-east-1 by the hour, read 2026-09; a public IPv4 address; gp3 by GB and month of 730 hours.
 * Elsewhere it is up to a third more: a drill costs cents, and this says how many.
 */
const ec2 = {
    hourly: new Map([
        ["t4g.small", 0.0168],
        ["t4g.medium", 0.0336],
        ["t4g.large", 0.0672],
        ["t3.small", 0.0208],
        ["t3.medium", 0.0416],
        ["t3.large", 0.0832],
    ]),
    address: 0.005,
    gbMonth: 0.08,
};

/** What a staging server costs for the time of a drill; 0 for a server that is yours anyway, or of no known price. */
export function serverUsd(server: ServerConfig, seconds: number): number {
    const hourly = server.kind === "ec2" ? ec2.hourly.get(server.instanceType) : undefined;
    if (server.kind !== "ec2" || hourly === undefined) return 0;
    // Billed by the second, a minute at least.
    const hours = Math.max(60, seconds) / 3600;
    const usd = (hourly + ec2.address + (server.volumeGb * ec2.gbMonth) / 730) * hours;
    return Math.round(usd * 10_000) / 10_000;
}
