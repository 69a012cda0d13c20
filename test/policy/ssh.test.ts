import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN } from "../../policy/resource.ts";
import { noOpenSsh } from "../../policy/rules/ssh.ts";
import { said } from "./subject.ts";

const group = (ingress: Record<string, unknown>) => said(noOpenSsh, "aws.ec2.SecurityGroup", { ingress: [ingress] });
const world = { protocol: "tcp", cidrBlocks: ["0.0.0.0/0"] };

describe("no-open-ssh", () => {
    it("refuses the world on every range of ports with 22 in it, and on no other", () => {
        fc.assert(
            fc.property(fc.nat(65535), fc.nat(65535), (a, b) => {
                const [fromPort, toPort] = [Math.min(a, b), Math.max(a, b)];
                assert.equal(group({ ...world, fromPort, toPort }).length > 0, fromPort <= 22 && 22 <= toPort);
            }),
        );
    });

    it("lets in only networks of at least 16 bits by IPv4 and 32 by IPv6", () => {
        fc.assert(
            fc.property(fc.nat(32), fc.nat(128), (four, six) => {
                const ssh = { protocol: "tcp", fromPort: 22, toPort: 22 };
                assert.equal(group({ ...ssh, cidrBlocks: [`203.0.113.0/${four}`] }).length > 0, four < 16);
                assert.equal(group({ ...ssh, ipv6CidrBlocks: [`2001:db8::/${six}`] }).length > 0, six < 32);
            }),
        );
    });

    it("knows the ways to say every port: -1 as a protocol, as a port, and none at all", () => {
        for (const rule of [
            { protocol: "-1", fromPort: 0, toPort: 0 },
            { protocol: "All" },
            { protocol: "tcp", fromPort: -1, toPort: -1 },
            { protocol: "6", fromPort: 22, toPort: 22 },
        ])
            // prettier-ignore
            assert.equal(group({ ...world, ...rule }).length, 1, JSON.stringify(rule));
        assert.deepEqual(group({ ...world, protocol: "udp", fromPort: 22, toPort: 22 }), []);
    });

    it("judges rules that are resources of their own, and a list whose networks nobody sees", () => {
        const port = { ipProtocol: "tcp", fromPort: 22, toPort: 22 };
        const rule = (props: Record<string, unknown>) => said(noOpenSsh, "aws.vpc.SecurityGroupIngressRule", { ...port, ...props }); // prettier-ignore
        assert.match(rule({ cidrIpv6: "::/0" })[0] ?? "", /::\/0/);
        assert.match(rule({ prefixListId: "pl-1" })[0] ?? "", /prefix list pl-1/);
        assert.deepEqual(rule({ referencedSecurityGroupId: "sg-1" }), []);
        const old = { ...world, fromPort: 22, toPort: 22 };
        assert.equal(said(noOpenSsh, "aws.ec2.SecurityGroupRule", { ...old, type: "ingress" }).length, 1);
        assert.deepEqual(said(noOpenSsh, "aws.ec2.SecurityGroupRule", { ...old, type: "egress" }), []);
    });

    it("takes a port that is not known yet for any, and waits for a network that is not", () => {
        assert.equal(group({ ...world, fromPort: UNKNOWN, toPort: UNKNOWN }).length, 1);
        assert.deepEqual(group({ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: [UNKNOWN] }), []);
    });
});
