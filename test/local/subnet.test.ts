import assert from "node:assert/strict";
import fc from "fast-check";
import { formatAddress, freeSubnet, overlaps, parseCidr, type Cidr } from "../../local/subnet.ts";

const cidr = (text: string): Cidr => {
    const parsed = parseCidr(text);
    assert.ok(parsed !== undefined, text);
    return parsed;
};

describe("subnet", () => {
    it("reads networks, single addresses and the default route, and nothing else", () => {
        assert.deepEqual(parseCidr("10.1.2.3/24"), { address: 0x0a010203, prefix: 24 });
        assert.deepEqual(parseCidr("192.168.0.1"), { address: 0xc0a80001, prefix: 32 });
        assert.deepEqual(parseCidr("default"), { address: 0, prefix: 0 });
        for (const text of ["fe80::1", "10.1.2.256", "10.1.2.3/33", "10.1.2", ""])
            assert.equal(parseCidr(text), undefined);
    });

    it("never chooses a network that overlaps a taken one, wherever it begins to look", () => {
        const taken = fc.array(
            fc.record({ address: fc.integer({ min: 0, max: 2 ** 32 - 1 }), prefix: fc.integer({ min: 1, max: 32 }) }),
        );
        const start = fc.nat(2 ** 17);
        fc.assert(
            fc.property(taken, start, (networks, from) => {
                const free = freeSubnet(networks, from);
                fc.pre(free !== undefined);
                assert.ok(!networks.some((network) => overlaps(free, network)));
                assert.equal(free.address % 256, 0);
            }),
        );
    });

    it("takes the next network when the wanted one is in use", () => {
        const free = freeSubnet([cidr("10.0.5.77/32"), cidr("10.0.6.0/23")], 5);
        assert.equal(formatAddress(free?.address ?? 0), "10.0.8.0");
    });

    it("leaves 10.0.0.0/8 to a VPN that has all of it", () => {
        const free = freeSubnet([cidr("10.0.0.0/8")], 3);
        assert.equal(formatAddress(free?.address ?? 0), "172.16.3.0");
    });

    it("does not count a default route, and says when every network is taken", () => {
        assert.equal(formatAddress(freeSubnet([cidr("default")], 0)?.address ?? 0), "10.0.0.0");
        assert.equal(freeSubnet([cidr("0.0.0.0/1"), cidr("128.0.0.0/1")], 0), undefined);
    });
});
