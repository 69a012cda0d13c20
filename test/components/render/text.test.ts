import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { load } from "js-yaml";
import { globalLitestreamYml, intervalsFor, slotsLitestreamYml } from "../../../components/render/litestream-yml.ts";
import { commandLine } from "../../../components/render/shell.ts";
import { appUnit } from "../../../components/render/units.ts";

const location = {
    backend: "s3-compatible",
    endpoint: "https://s3.example.com",
    region: "us-west-004",
    bucket: "acme-replicas",
    prefix: "",
} as const;

describe("commandLine", () => {
    it("gives the shell exactly the words, whatever is in them", () => {
        const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
        fc.assert(
            fc.property(fc.array(word, { maxLength: 4 }), (words) => {
                const out = execFileSync("sh", ["-c", `for w in ${commandLine(words)}; do printf '%s\\0' "$w"; done`]);
                assert.deepEqual(out, Buffer.from(words.map((text) => `${text}\0`).join("")));
            }),
            { numRuns: 40 },
        );
    });
});

describe("litestream.yml", () => {
    it("names the databases as Litestream's own keys", () => {
        const slots = load(slotsLitestreamYml("/app/data/slots", location, intervalsFor(15))) as {
            dbs: Record<string, unknown>[];
        };
        assert.deepEqual(slots.dbs, [
            {
                dir: "/app/data/slots",
                pattern: "*.db",
                watch: true,
                "monitor-interval": "5s",
                replica: {
                    type: "s3",
                    endpoint: "https://s3.example.com",
                    region: "us-west-004",
                    bucket: "acme-replicas",
                    path: "slots",
                    "force-path-style": true,
                    "sync-interval": "1s",
                },
            },
        ]);
    });

    it("has the housekeeping in durations that Go can read", () => {
        const { levels, snapshot, ...rest } = load(globalLitestreamYml("/app/data/global.db", location, intervalsFor(15))) as Record<string, unknown>; // prettier-ignore
        assert.deepEqual(levels, [{ interval: "5m" }, { interval: "1h" }, { interval: "6h" }]);
        assert.deepEqual(snapshot, { interval: "24h", retention: "168h" });
        assert.deepEqual([rest["l0-retention"], rest["l0-retention-check-interval"]], ["6h", "6h"]);
    });

    it("refuses a value that Litestream would expand to nothing", () => {
        assert.throws(() => globalLitestreamYml("/app/$data/global.db", location, intervalsFor(15)), /would expand/);
    });

    it("keeps both intervals together below half of the RPO, or at their least", () => {
        fc.assert(
            fc.property(fc.integer({ min: 3, max: 3600 }), (rpo) => {
                const { monitorSeconds, syncSeconds } = intervalsFor(rpo);
                assert.ok(monitorSeconds >= 1 && syncSeconds >= 1);
                assert.ok(monitorSeconds + syncSeconds <= Math.max(2, rpo / 2));
            }),
        );
    });
});

describe("the app's unit", () => {
    it("keeps specifiers, variables and quotes of its command from systemd", () => {
        const unit = appUnit("app", ["/bin/run", "100%", "$HOME", 'say "hi"'], { A: "b c" });
        assert.match(unit, /^ExecStart=\/bin\/run 100%% "\$\$HOME" "say \\"hi\\""$/m);
        assert.match(unit, /^Environment="A=b c"$/m);
    });

    it("refuses a line break, which would add a directive", () => {
        assert.throws(() => appUnit("app", ["/bin/run", "a\nUser=root"], {}), /line break/);
    });
});
