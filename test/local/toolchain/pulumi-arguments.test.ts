import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describeCommand } from "../../../local/toolchain/pulumi-arguments.ts";

describe("a command line of Pulumi", () => {
    const cases: [string, Partial<ReturnType<typeof describeCommand>>][] = [
        ["preview --stack local-prod", { verb: "preview", stack: "local-prod" }],
        ["up -s acme/slotkeeper/prod --yes", { verb: "up", stack: "prod" }],
        ["--stack=prod -C sub up", { verb: "up", stack: "prod", directory: resolve("sub") }],
        ["-v 9 --color never destroy", { verb: "destroy", stack: undefined }],
        ["up --config-file other.yaml", { verb: "up", hasConfigFile: true }],
        ["--help", { verb: undefined }],
        ["", { verb: undefined, stack: undefined, directory: resolve("."), hasConfigFile: false }],
    ];
    for (const [line, expected] of cases) {
        it(`is understood: pulumi ${line}`, () => {
            const described = describeCommand(line.split(" ").filter(Boolean), undefined);
            for (const [key, value] of Object.entries(expected)) {
                assert.equal(described[key as keyof typeof described], value, key);
            }
        });
    }

    it("names the stack of PULUMI_STACK when it names none itself", () => {
        assert.equal(describeCommand(["up"], "prod").stack, "prod");
        assert.equal(describeCommand(["up", "--stack", "other"], "prod").stack, "other");
    });
});
