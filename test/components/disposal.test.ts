import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { record } from "../support/recorder.ts";

const ssh = { kind: "ssh", host: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" };
const machine = { kind: "command", create: ["make"], delete: ["end"] };

describe("the end of a staging server, as the plan has it", () => {
    async function plan(server: object) {
        const config = {
            "slotkeeper:role": "staging",
            "slotkeeper:drill": "true",
            "slotkeeper:production": "prod",
            "slotkeeper:lifetimeMinutes": "30",
            "slotkeeper:server": JSON.stringify(server),
            "slotkeeper:sshPrivateKey": "key",
        };
        const options = new Map<string, pulumi.ResourceOptions>();
        const resources = await record(config, async () => {
            const [{ Disposal }, { Expiry }, { Server }, { parseConfig }] = await Promise.all([
                import("../../components/disposal.ts"),
                import("../../components/expiry.ts"),
                import("../../components/server.ts"),
                import("../../components/config.ts"),
            ]);
            const parsed = parseConfig(config);
            if (parsed.role !== "staging") throw new Error("no staging");
            const seen: pulumi.ResourceTransformation = ({ name, opts }) => {
                options.set(name, opts);
                return undefined;
            };
            const expiry = new Expiry(parsed, { transformations: [seen] });
            const where = new Server("server", parsed);
            const args = { server: where, config: parsed, expiresAt: expiry.expiresAt };
            new Disposal("disposal", args, { transformations: [seen] });
        });
        const inputs = (name: string) => resources.find((found) => found.name === name)?.inputs ?? {};
        return { inputs, options };
    }

    it("comes once: no later update moves the time", async () => {
        const { inputs, options } = await plan(ssh);
        assert.match(String(inputs("expiry-time")["create"]), /Date\.now\(\) \+ 1800000/);
        assert.deepEqual(options.get("expiry-time")?.ignoreChanges, ["create", "update"]);
        assert.equal(inputs("expiry-time")["update"], `printf %s "$PULUMI_COMMAND_STDOUT"`);
    });

    it("removes databases and keys from a server that stays, by its own timer and at a destroy", async () => {
        const { inputs, options } = await plan(ssh);
        const wipe = inputs("disposal-wipe");
        assert.match(String(wipe["delete"]), /find '\/app\/data' -mindepth 1 -delete/);
        assert.match(String(wipe["create"]), /OnActiveSec=30min/);
        assert.doesNotMatch(String(wipe["create"]), /poweroff/, "a server that is somebody's stays on");
        assert.equal(options.get("disposal-wipe")?.deletedWith, undefined);
    });

    it("leaves what a machine holds to the machine's own end, so that a dead one blocks no destroy", async () => {
        const { inputs, options } = await plan(machine);
        assert.match(String(inputs("disposal-wipe")["create"]), /poweroff/);
        assert.notEqual(options.get("disposal-wipe")?.deletedWith, undefined);
    });
});
