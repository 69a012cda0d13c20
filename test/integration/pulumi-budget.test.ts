import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { dump, load } from "js-yaml";
import { toolPath } from "../support/tools.ts";

const root = join(import.meta.dirname, "../..");

/** `npm run pulumi -- preview` of the drill's production stack, with this in its configuration. */
async function preview(cost: object) {
    const dir = mkdtempSync(join(tmpdir(), "slotkeeper-budget-"));
    try {
        const stack = load(readFileSync(join(root, "Pulumi.local-prod.yaml"), "utf8")) as { config: object };
        const file = join(dir, "Pulumi.local-prod.yaml");
        writeFileSync(file, dump({ config: { ...stack.config, "slotkeeper:cost": cost } }));
        const cache = join(dir, "cache/slotkeeper");
        mkdirSync(cache, { recursive: true });
        writeFileSync(join(cache, "plugins-unreachable"), new Date().toISOString());
        const env = {
            PATH: [dirname(toolPath("pulumi")), process.env["PATH"]].join(delimiter),
            HOME: dir,
            XDG_CACHE_HOME: join(dir, "cache"),
            XDG_STATE_HOME: join(dir, "state"),
        };
        const argv = ["preview", "--stack", "local-prod", "--config-file", file, "--non-interactive"];
        const options = { cwd: root, env, extendEnv: false, reject: false, stdin: "ignore", all: true } as const;
        const { all, exitCode } = await execa(
            process.execPath,
            [join(root, "local/toolchain/pulumi.ts"), ...argv],
            options,
        );
        assert.equal(exitCode, 0, all);
        return all;
    } finally {
        rmSync(dir, { recursive: true, force: true });
    }
}

describe("a preview of a production stack", () => {
    it("warns over the budget, names the setting that brings it down with its figure, and shows the lines", async () => {
        const output = await preview({ budgetUsd: 20, prices: { putPer1000: 0.005 } });
        assert.match(output, /warning: These backups cost about \$3\d\.\d\d a month at S3-compatible store/);
        assert.match(output, /slotkeeper:rpoSeconds: 15 → \d+ gives \$1\d\.\d\d/);
        assert.match(output, /item *: "Uploads \(PUT\)"/);
    });
});
