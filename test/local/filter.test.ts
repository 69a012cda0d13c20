import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filterCommands, filterExists, makeFilter } from "../../local/filter.ts";

describe("filterCommands", () => {
    const lines = filterCommands("sk-k3f9x2", "10.1.2.1").trim().split("\n");

    it("touches its own table only, which must be new", () => {
        assert.equal(lines[0], "create table inet sk-k3f9x2");
        for (const line of lines.slice(1)) assert.match(line, /^add \w+ inet sk-k3f9x2 /);
    });

    it("gives a verdict only on what comes in on its bridge, and refuses that last", () => {
        const rules = (chain: string) =>
            lines.flatMap((line) => line.split(`add rule inet sk-k3f9x2 ${chain} `).slice(1));
        assert.deepEqual(rules("incoming"), ['iifname "sk-k3f9x2" jump machines']);
        const [replies, ...refusals] = rules("machines").slice(1);
        assert.match(replies ?? "", /^ip daddr 10\.1\.2\.1 .* accept$/);
        assert.deepEqual(refusals, ["meta l4proto tcp reject with tcp reset", "reject"]);
    });
});

describe("a packet filter", () => {
    let world: string;
    let path: string | undefined;
    beforeEach(() => {
        world = mkdtempSync(join(tmpdir(), "slotkeeper-filter-"));
        path = process.env["PATH"];
        process.env["PATH"] = `${world}:${path ?? ""}`;
    });
    afterEach(() => {
        process.env["PATH"] = path;
        rmSync(world, { recursive: true });
    });

    /** An nft that does what the shell lines say. */
    function nft(lines: string): void {
        writeFileSync(join(world, "nft"), `#!/bin/sh\n${lines}\n`);
        chmodSync(join(world, "nft"), 0o755);
    }

    it("that is not permitted is refused in nft's words", async () => {
        nft("echo 'netlink: Error: cache initialization failed: Operation not permitted' >&2; echo more >&2; exit 1");
        await assert.rejects(makeFilter("sk-k3f9x2", "10.1.2.1"), {
            name: "SlotkeeperError",
            kind: "usage",
            message: /: netlink: .*: Operation not permitted$/,
            hint: /as root on a host/,
        });
        assert.equal(filterExists("sk-k3f9x2"), false);
    });

    it("is there when nft lists it by its whole name", () => {
        nft("echo 'table ip sk-k3f9x2'; echo 'table inet sk-k3f9x22'");
        assert.equal(filterExists("sk-k3f9x2"), false);
        nft("echo 'table ip nat'; echo 'table inet sk-k3f9x2'");
        assert.equal(filterExists("sk-k3f9x2"), true);
    });

    it("is not taken for gone when nft cannot tell", () => {
        nft("echo 'netlink: Error: no buffer space' >&2; exit 1");
        assert.throws(() => filterExists("sk-k3f9x2"), /cannot list .* no buffer space/);
    });
});
