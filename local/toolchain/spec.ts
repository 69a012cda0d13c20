import type { Platform } from "./platform.ts";
import type { ToolName } from "./tool.ts";

/** Where a publisher keeps the archive of one release for one platform. */
export interface Release {
    /** Folder URL that holds both the archive and the checksum file. */
    base: string;
    archive: string;
    /** Name of the file of `<sha256>  <archive name>` lines. */
    checksums: string;
    /** Folder inside the archive that holds the executables; "" for its root. */
    folder: string;
}

/** Everything the toolchain knows about one tool. */
export interface ToolSpec {
    name: ToolName;
    version: string;
    /** Arguments that make it print its version. */
    versionArguments: readonly string[];
    release: (platform: Platform) => Release;
    /** Executables worth keeping beside the tool, where the archive has them. */
    companions: readonly string[];
    /** The Go package to build where no release can be downloaded, and the variable its version is linked into. */
    goPackage: string;
    goVersion: string;
}

const uname = { x64: "x86_64", arm64: "arm64" } as const;
const github = (repository: string, tag: string) => `https://github.com/${repository}/releases/download/${tag}`;

/** The Pulumi CLI; asset names: .github/workflows/ci-prepare-release.yml of pulumi/pulumi and https://get.pulumi.com. */
const pulumi: ToolSpec = {
    name: "pulumi",
    version: "3.259.0",
    versionArguments: ["version"],
    release: ({ os, arch }) => ({
        base: github("pulumi/pulumi", "v3.259.0"),
        archive: `pulumi-v3.259.0-${os}-${arch}.tar.gz`,
        checksums: "pulumi-3.259.0-checksums.txt",
        folder: "pulumi",
    }),
    companions: ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"],
    goPackage: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    goVersion: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
};

/** Litestream; asset names: .goreleaser.yml of benbjohnson/litestream v0.5.18. */
const litestream: ToolSpec = {
    name: "litestream",
    version: "0.5.18",
    versionArguments: ["version"],
    release: ({ os, arch }) => ({
        base: github("benbjohnson/litestream", "v0.5.18"),
        archive: `litestream-0.5.18-${os}-${uname[arch]}.tar.gz`,
        checksums: "checksums.txt",
        folder: "",
    }),
    companions: [],
    goPackage: "github.com/benbjohnson/litestream/cmd/litestream",
    goVersion: "main.Version=0.5.18",
};

/** The S3 server of local stacks; asset names: .goreleaser.yaml of versity/versitygw v1.8.0. */
const versitygw: ToolSpec = {
    name: "versitygw",
    version: "1.8.0",
    versionArguments: ["--version"],
    release: ({ os, arch }) => {
        const folder = `versitygw_v1.8.0_${os === "linux" ? "Linux" : "Darwin"}_${uname[arch]}`;
        return {
            base: github("versity/versitygw", "v1.8.0"),
            archive: `${folder}.tar.gz`,
            checksums: "checksums.txt",
            folder,
        };
    },
    companions: [],
    goPackage: "github.com/versity/versitygw/cmd/versitygw",
    goVersion: "main.Version=1.8.0",
};

/** The pinned tools; a Go build takes the same versions from go/go.mod (a test holds the two together). */
export const toolSpecs: Record<ToolName, ToolSpec> = { pulumi, litestream, versitygw };
