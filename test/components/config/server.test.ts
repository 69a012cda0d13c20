import assert from "node:assert/strict";
import { parseConfig } from "../../../components/config.ts";
import { archOf, serverSchema } from "../../../components/config/server.ts";

const ec2 = { kind: "ec2", region: "eu-central-1", sshFrom: ["203.0.113.7/32"] };
const config = (server: object) => ({
    "slotkeeper:role": "staging",
    "slotkeeper:drill": "true",
    "slotkeeper:production": "prod",
    "slotkeeper:server": JSON.stringify({ ...ec2, ...server }),
});

describe("the configuration of a server on EC2", () => {
    const wrong: [string, object, RegExp][] = [
        ["SSH from everywhere", { sshFrom: ["0.0.0.0/0"] }, /server\.sshFrom\.0 is "0\.0\.0\.0\/0": .*give your own/],
        ["SSH from everywhere in IPv6", { sshFrom: ["203.0.113.7/32", "::/0"] }, /server\.sshFrom\.1 is "::\/0"/],
        ["SSH from nowhere", { sshFrom: [] }, /server\.sshFrom: must name at least one network/],
        ["SSH from IPv6 alone", { sshFrom: ["2001:db8::/48"] }, /server\.sshFrom: must name at least one IPv4 network/],
        ["SSH as a public port", { publicPorts: [22] }, /server\.publicPorts\.0 is 22: must not be SSH's/],
        ["a type before Nitro", { instanceType: "t2.micro" }, /instanceType is "t2\.micro": .* take a newer one/],
        ["a record in staging", { dns: { zoneId: "Z", name: "a.example.com" } }, /server\.dns: cannot be in staging/],
    ];
    for (const [title, server, message] of wrong)
        it(`refuses ${title}`, () => {
            assert.throws(() => parseConfig(config(server)), message);
        });

    it("knows the processor of each type, and takes every Nitro one", () => {
        const arch = (instanceType: string) => archOf(serverSchema.parse({ ...ec2, instanceType }));
        for (const type of ["t4g.small", "c7gn.large", "im4gn.large", "m6gd.medium", "a1.medium", "x2gd.medium"])
            assert.equal(arch(type), "arm64", type);
        for (const type of [
            "t3.small",
            "t3a.small",
            "m5zn.large",
            "i3en.large",
            "g4dn.xlarge",
            "c6i.large",
            "p3dn.24xlarge",
        ])
            assert.equal(arch(type), "x64", type);
    });
});
