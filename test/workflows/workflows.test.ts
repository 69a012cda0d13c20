import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseWorkflow, workflowProblems } from "../support/workflow-rules.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".github/workflows");
const text = (name: string) => readFileSync(join(folder, name), "utf8");
const names = readdirSync(folder);

describe("the CI workflows", () => {
    it("are the three", () => {
        assert.deepEqual(names.sort(), ["drill.yml", "preview.yml", "test.yml"]);
    });

    for (const name of names)
        it(`${name} pins its actions, states its permissions, and pastes nothing into a shell`, () => {
            assert.deepEqual(workflowProblems(text(name)), []);
        });

    it("run what is there: scripts of package.json, and files", () => {
        const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
        for (const name of names) {
            const runs = Object.values(parseWorkflow(text(name)).jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])); // prettier-ignore
            for (const [, script] of runs.join("\n").matchAll(/npm run (?:--silent )?([\w-]+)/g)) assert.ok(Object.hasOwn(scripts, script ?? ""), script); // prettier-ignore
            for (const [, file] of runs.join("\n").matchAll(/node (\S+\.ts)/g)) assert.ok(existsSync(join(root, file ?? "")), file); // prettier-ignore
        }
        assert.ok(existsSync(join(root, ".nvmrc")));
    });

    it("need no secret for the tests, and say so where the others have none", () => {
        assert.doesNotMatch(text("test.yml"), /secrets\.|id-token/);
        for (const name of ["preview.yml", "drill.yml"]) {
            assert.match(text(name), /::notice title=/);
            const jobs = Object.values(parseWorkflow(text(name)).jobs);
            const [first] = jobs.flatMap(({ steps }) => steps);
            assert.match(first?.run ?? "", /ready=true/, "what is configured is asked first");
        }
        const rest = Object.values(parseWorkflow(text("preview.yml")).jobs).flatMap(({ steps }) => steps.slice(1));
        for (const { if: condition } of rest) assert.match(condition ?? "", /steps\.(configured\.outputs\.ready|preview\.outputs\.status)/); // prettier-ignore
    });

    it("judge each preview by the policy pack, and drill one at a time, to the end", () => {
        assert.match(text("preview.yml"), /--policy-pack policy/);
        const drill = parseWorkflow(text("drill.yml"));
        assert.deepEqual(drill.concurrency, { group: "drill", "cancel-in-progress": false });
        const steps = drill.jobs["drill"]?.steps ?? [];
        const after = steps.slice(steps.findIndex(({ name }) => name === "Drill") + 1);
        assert.deepEqual(after.map(({ name, if: condition }) => [name, condition]), [["Summary", "always()"], ["Report", "always()"], ["Sweep", "always()"]]); // prettier-ignore
    });

    const spoilt: [string, string, (good: string) => string, RegExp][] = [
        ["a trigger that gives forks the secrets", "preview.yml", (good) => good.replace("pull_request:", "pull_request_target:"), /pull_request_target/], // prettier-ignore
        ["a preview without the fork guard", "preview.yml", (good) => good.replace(/^ {4}if: github\.event.*\n/m, ""), /runs for forks/], // prettier-ignore
        ["an action by its tag", "test.yml", (good) => good.replace(/@[0-9a-f]{40}/, "@v7"), /not pinned/],
        ["permissions to write for all", "preview.yml", (good) => good.replace("permissions: {}", "permissions: write-all"), /not stated/], // prettier-ignore
        [
            "no permissions at all",
            "test.yml",
            (good) => good.replace("permissions:\n  contents: read\n", ""),
            /not stated/,
        ],
        ["a secret in a shell's text", "drill.yml", (good) => good.replace('"$STACK"', "${{ secrets.PULUMI_ACCESS_TOKEN }}"), /pasted into a shell/], // prettier-ignore
        ["a title in the environment", "preview.yml", (good) => good.replace("matrix.stack }}", "github.event.pull_request.title }}"), /stranger/], // prettier-ignore
        ["a secret for every step", "drill.yml", (good) => good.replace("STACK: staging", "STACK: ${{ secrets.STACK }}"), /every step/], // prettier-ignore
        ["a token left by the checkout", "test.yml", (good) => good.replace("persist-credentials: false", "fetch-depth: 0"), /token on the disk/], // prettier-ignore
        ["a job without an end", "test.yml", (good) => good.replace("timeout-minutes: 15", "name: unit"), /no timeout/],
    ];
    for (const [what, name, spoil, problem] of spoilt)
        it(`would not pass with ${what}`, () => {
            assert.notEqual(spoil(text(name)), text(name));
            assert.match(workflowProblems(spoil(text(name))).join("\n"), problem);
        });
});
