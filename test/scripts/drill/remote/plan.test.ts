import assert from "node:assert/strict";
import { planRemoteDrill } from "../../../../scripts/drill/remote/plan.ts";

const plan = (options: Record<string, unknown>) => planRemoteDrill({ stack: "staging", ...options }, "/here");

describe("the plan of a drill of production's backups", () => {
    it("takes any stack whose own name says that it is a drill's", () => {
        for (const stack of ["staging", "acme-staging", "Drill.eu", "acme/slotkeeper/staging-2"])
            assert.equal(plan({ stack }).stack, stack);
        assert.equal(plan({ stack: "acme/slotkeeper/staging-2" }).name, "staging-2");
    });

    it("refuses every other name, a production stack's in an organization called staging, too", () => {
        for (const stack of [
            "prod",
            "production",
            "stage",
            "",
            "staging/prod",
            "drill/staging/prod",
            "organization/slotkeeper/prod",
        ])
            // prettier-ignore
            assert.throws(() => plan({ stack }), { kind: "usage" }, stack);
    });

    it("refuses what is no name, such as a path", () => {
        for (const stack of ["../staging", "staging --yes", "a/b/c/staging", "staging\n"])
            assert.throws(() => plan({ stack }), { kind: "usage" }, stack);
    });

    for (const [option, value] of Object.entries({
        "--slots": "3",
        "--load": "5",
        "--data": "/data",
        "--catalog-query": "SELECT 1",
        "--keep": true,
        "--end": "run",
        "--store": "b2",
    }))
        it(`refuses ${option}, which belongs to the local drill`, () => {
            const key = option.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
            assert.throws(() => plan({ [key]: value }), new RegExp(`${option} together with --stack`));
        });

    it("reads the report's folder from where the person is", () => {
        assert.equal(plan({ report: "out" }).reportFolder, "/here/out");
        assert.equal(plan({}).reportFolder, null);
        assert.throws(() => plan({ seed: "x" }), /--seed "x"/);
    });
});
