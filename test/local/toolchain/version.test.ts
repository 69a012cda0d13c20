import assert from "node:assert/strict";
import { isAtLeast } from "../../../local/toolchain/go.ts";
import { isNewEnough, parseVersion } from "../../../local/toolchain/version.ts";

describe("parseVersion", () => {
    it("reads what the tools print", () => {
        assert.equal(parseVersion("v3.259.0\n"), "3.259.0");
        assert.equal(parseVersion("0.5.18"), "0.5.18");
        assert.equal(parseVersion("Version  : 1.8.0\nBuild    : norev\nBuildTime: none\n"), "1.8.0");
    });

    it("takes no build that is not a release for one", () => {
        const outputs = [
            "(development build)",
            "",
            "Version  : git",
            "v3.260.0-alpha.1",
            "0.5.18+dirty",
            "1.2",
            "1.2.3.4",
        ];
        assert.deepEqual(
            outputs.map(parseVersion),
            outputs.map(() => undefined),
        );
    });
});

describe("isNewEnough", () => {
    it("takes the pinned version and later ones that keep its promises", () => {
        for (const version of ["3.259.0", "3.259.1", "3.300.0"]) assert.equal(isNewEnough(version, "3.259.0"), true);
        for (const version of ["0.5.18", "0.5.20"]) assert.equal(isNewEnough(version, "0.5.18"), true);
    });

    it("refuses older ones, and later ones that may break them", () => {
        for (const version of ["3.258.9", "2.999.0", "4.0.0"]) assert.equal(isNewEnough(version, "3.259.0"), false);
        for (const version of ["0.5.9", "0.3.13", "0.6.0", "1.0.0"])
            assert.equal(isNewEnough(version, "0.5.18"), false);
    });
});

describe("isAtLeast", () => {
    it("compares what Go says of itself with what go.mod wants", () => {
        for (const version of ["go1.26.0", "go1.26", "go1.27rc1", "go2.0"])
            assert.equal(isAtLeast(version, "1.26"), true);
        for (const version of ["go1.25.9", "go1.9", "", "devel"]) assert.equal(isAtLeast(version, "1.26"), false);
    });
});
