import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { thisPlatform } from "../../../local/toolchain/platform.ts";
import { toolSpecs, type ToolSpec } from "../../../local/toolchain/spec.ts";

const url = (spec: ToolSpec, os: "linux" | "darwin", arch: "x64" | "arm64") => {
    const { base, archive } = spec.release({ os, arch });
    return `${base}/${archive}`;
};
const GITHUB = "https://github.com";

describe("toolSpecs", () => {
    it("names the archives that the publishers publish", () => {
        const { pulumi, litestream, versitygw } = toolSpecs;
        assert.deepEqual(
            [url(pulumi, "linux", "x64"), url(pulumi, "linux", "arm64"), url(pulumi, "darwin", "arm64")],
            ["linux-x64", "linux-arm64", "darwin-arm64"].map(
                (suffix) => `${GITHUB}/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-${suffix}.tar.gz`,
            ),
        );
        assert.deepEqual(
            [url(litestream, "linux", "x64"), url(litestream, "linux", "arm64"), url(litestream, "darwin", "x64")],
            ["linux-x86_64", "linux-arm64", "darwin-x86_64"].map(
                (suffix) =>
                    `${GITHUB}/benbjohnson/litestream/releases/download/v0.5.18/litestream-0.5.18-${suffix}.tar.gz`,
            ),
        );
        assert.deepEqual(
            [url(versitygw, "linux", "x64"), url(versitygw, "linux", "arm64"), url(versitygw, "darwin", "arm64")],
            ["Linux_x86_64", "Linux_arm64", "Darwin_arm64"].map(
                (suffix) => `${GITHUB}/versity/versitygw/releases/download/v1.8.0/versitygw_v1.8.0_${suffix}.tar.gz`,
            ),
        );
    });

    it("names the checksum files and the folders inside the archives", () => {
        const linux = { os: "linux", arch: "x64" } as const;
        const about = Object.values(toolSpecs).map((spec) => {
            const { checksums, folder } = spec.release(linux);
            return [checksums, folder];
        });
        assert.deepEqual(about, [
            ["pulumi-3.259.0-checksums.txt", "pulumi"],
            ["checksums.txt", ""],
            ["checksums.txt", "versitygw_v1.8.0_Linux_x86_64"],
        ]);
    });

    it("pins the versions that the Go module pins, and links them in", () => {
        const module = readFileSync(new URL("../../../local/toolchain/go/go.mod", import.meta.url), "utf8");
        for (const spec of Object.values(toolSpecs)) {
            const required = [...module.matchAll(/^\t(\S+) v(\S+)/gm)].filter(([, path]) =>
                spec.goPackage.startsWith(`${path ?? ""}/`),
            );
            assert.deepEqual(
                required.map(([, , version]) => version),
                [spec.version],
                spec.name,
            );
            assert.match(module, new RegExp(`^\t${spec.goPackage}$`, "m"));
            assert.equal(spec.goVersion.replace(/^.*=v?/, ""), spec.version);
        }
    });
});

describe("thisPlatform", () => {
    it("knows the platforms that have tools, and refuses the others by name", () => {
        assert.deepEqual(thisPlatform("linux", "arm64"), { os: "linux", arch: "arm64" });
        assert.deepEqual(thisPlatform("darwin", "x64"), { os: "darwin", arch: "x64" });
        const refused = { name: "SlotkeeperError", kind: "usage" };
        assert.throws(() => thisPlatform("win32", "x64"), { ...refused, message: /win32 x64/ });
        assert.throws(() => thisPlatform("linux", "riscv64"), { ...refused, message: /linux riscv64/ });
    });
});
