import assert from "node:assert/strict";
import { askVersion } from "../../local/toolchain/path-tool.ts";
import { toolSpecs } from "../../local/toolchain/spec.ts";
import { isNewEnough } from "../../local/toolchain/version.ts";
import { toolPath } from "../support/tools.ts";

describe("the toolchain", () => {
    for (const spec of Object.values(toolSpecs)) {
        it(`has a ${spec.name} that says which version it is, and it is new enough`, async () => {
            const version = await askVersion(spec, toolPath(spec.name));
            assert.ok(version !== undefined && isNewEnough(version, spec.version), `it says ${String(version)}`);
        });
    }
});
