/** An IPv4 network: address as an unsigned 32-bit number, and prefix length. */
export interface Cidr {
    address: number;
    prefix: number;
}

/** The size of a run's network: 254 addresses. */
export const prefixLength = 24;

/** Reads `10.1.2.3/24`, `10.1.2.3` (a /32) or `default` (a /0); undefined for what is no IPv4 network. */
export function parseCidr(text: string): Cidr | undefined {
    if (text === "default") return { address: 0, prefix: 0 };
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
    if (match === null) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = match.slice(1, 5).map(Number);
    const prefix = Number(match[5] ?? 32);
    if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
    return { address: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0, prefix };
}

/** Dotted text of an address. */
export const formatAddress = (address: number) =>
    [24, 16, 8, 0].map((shift) => String((address >>> shift) & 255)).join(".");

/** Whether two networks share an address. */
export function overlaps(one: Cidr, other: Cidr): boolean {
    const prefix = Math.min(one.prefix, other.prefix);
    const mask = prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
    return (one.address & mask) >>> 0 === (other.address & mask) >>> 0;
}

/** Where run networks may lie: the private blocks of RFC 1918, and the one for tests of RFC 2544. */
const blocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"];

/**
 * A /24 of a private block that overlaps nothing taken (a default route takes nothing); `start` (≥ 0) says where to
 * begin to look, so that two runs at once rarely look at the same. Undefined when every one is taken.
 */
export function freeSubnet(taken: Cidr[], start: number): Cidr | undefined {
    const inUse = taken.filter(({ prefix }) => prefix > 0);
    for (const text of blocks) {
        const block = parseCidr(text);
        if (block === undefined) continue;
        const count = 2 ** (prefixLength - block.prefix);
        for (let i = 0; i < count; i++) {
            const address = block.address + ((start + i) % count) * 2 ** (32 - prefixLength);
            const candidate = { address, prefix: prefixLength };
            if (!inUse.some((other) => overlaps(candidate, other))) return candidate;
        }
    }
    return undefined;
}
