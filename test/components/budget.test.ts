import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { monthlyCost } from "../../components/budget.ts";
import { parseConfig } from "../../components/config.ts";
import { record } from "../support/recorder.ts";

const raw = {
    "slotkeeper:role": "production",
    "slotkeeper:storage": JSON.stringify({
        backend: "aws",
        region: "us-east-1",
        replicaBucket: "acme-replicas",
        snapshotBucket: "acme-snapshots",
    }),
    "slotkeeper:server": JSON.stringify({ kind: "ssh", host: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" }),
};

/** The cost of a stack, and what its program warned of. */
async function costOf(cost: object) {
    const warnings: string[] = [];
    const config = parseConfig({ ...raw, "slotkeeper:cost": JSON.stringify(cost) });
    assert.equal(config.role, "production");
    const { warn } = pulumi.log;
    let found: ReturnType<typeof monthlyCost> | undefined;
    await record({}, () => {
        Object.assign(pulumi.log, { warn: (message: string) => Promise.resolve(warnings.push(message)) });
        found = monthlyCost(config);
        return Promise.resolve();
    }).finally(() => Object.assign(pulumi.log, { warn }));
    assert.ok(found);
    return { ...found, warnings };
}

describe("the budget of a stack", () => {
    it("says nothing within it, and exports the lines in cents", async () => {
        const { monthlyUsd, budgetUsd, lines, warnings } = await costOf({ budgetUsd: 1000 });
        assert.deepEqual(warnings, []);
        assert.equal(budgetUsd, 1000);
        assert.ok(lines.length > 5 && lines.every(({ item, from }) => item !== "" && from !== ""));
        for (const usd of [monthlyUsd, ...lines.map((line) => line.monthlyUsd)])
            assert.equal(usd, Math.round(usd * 100) / 100);
    });

    it("warns over it once, with the setting that brings it down and the figure it gives", async () => {
        const { warnings } = await costOf({ budgetUsd: 20 });
        assert.equal(warnings.length, 1);
        assert.match(warnings[0] ?? "", /cost about \$\d+\.\d\d a month at AWS S3: more than .*\$20\.00/);
        assert.match(warnings[0] ?? "", /slotkeeper:rpoSeconds: 15 → \d+ gives \$1\d\.\d\d/);
    });
});
