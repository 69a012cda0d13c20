import assert from "node:assert/strict";
import { costOf, type DrilledFleet, drillUsd } from "../../../scripts/drill/cost.ts";

const copy = (database: string, txid: number, bytes: number) => ({
    key: `${database}/0009/0000000000000001-${txid.toString(16).padStart(16, "0")}.ltx`,
    bytes,
});
const fleet: DrilledFleet = {
    slots: 1,
    bytes: 40e9,
    rpoSeconds: 15,
    replica: [copy("global", 9, 10e9), copy("slots/a.db", 255, 10e9)],
    settled: false,
};

describe("what a drill says of the cost", () => {
    it("comes from the fleet and from how far Litestream compressed it", () => {
        const whole = costOf({ ...fleet, replica: [copy("global", 9, 20e9), copy("slots/a.db", 1, 20e9)] }, 0);
        const half = costOf(fleet, 0);
        assert.ok(whole.monthlyUsd !== null && half.monthlyUsd !== null);
        assert.ok(half.monthlyUsd > 0 && half.monthlyUsd < whole.monthlyUsd);
    });

    it("takes the newest whole copy of each database, and no other file, for the size of one", () => {
        const older = [
            copy("global", 8, 9e9),
            { key: "global/0000/0000000000000009-0000000000000009.ltx", bytes: 8e9 },
        ];
        assert.equal(costOf({ ...fleet, replica: [...(fleet.replica ?? []), ...older] }, 0).monthlyUsd, costOf(fleet, 0).monthlyUsd); // prettier-ignore
    });

    it("takes a bucket that has its whole history as it is", () => {
        const small = costOf({ ...fleet, settled: true }, 0).monthlyUsd;
        const history = [...(fleet.replica ?? []), { key: "global/0001/x.ltx", bytes: 500e9 }];
        const large = costOf({ ...fleet, replica: history, settled: true }, 0).monthlyUsd;
        assert.ok(small !== null && large !== null && large > small + 3);
    });

    it("knows nothing where the bucket could not be listed, or nothing was there", () => {
        assert.equal(costOf({ ...fleet, replica: null }, 0).monthlyUsd, null);
        assert.equal(costOf({ ...fleet, bytes: 0 }, 0).monthlyUsd, null);
    });

    it("says in cents what the drill itself cost", () => {
        const server = { kind: "ec2", instanceType: "t4g.medium", volumeGb: 40 } as const;
        assert.equal(costOf(fleet, drillUsd(server, 60)).drillUsd, 0.04);
        assert.equal(costOf(fleet, drillUsd({ kind: "command" }, 60)).drillUsd, 0);
    });
});
