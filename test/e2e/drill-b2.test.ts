import assert from "node:assert/strict";
import { leftovers } from "../../local/run.ts";
import { DrillProcess } from "../support/drill-process.ts";

describe("a drill on B2's double", () => {
    it("passes although B2 turns requests away, holds B2's keys to their limits, and leaves nothing", async () => {
        await using drill = await DrillProcess.start("--store", "b2", "--slots", "12", "--load", "12", "--seed", "7");
        const run = await drill.run();
        const { status, stderr } = await drill.end();
        const record = await drill.record();
        const failed = record.checks.filter((check) => check.status === "failed");
        assert.deepEqual(failed, []);
        assert.equal(status, 0, stderr);
        assert.match(stderr, /object store at \S+, behaving like Backblaze B2/);
        assert.ok(record.toolchain.some(({ name }) => name === "double of Backblaze B2"));
        for (const id of ["reader-key", "acknowledged-writes", "replication-config"])
            assert.ok(record.checks.some((check) => check.id === id && check.status === "passed"), `${id} was not checked`); // prettier-ignore

        const { classes, operations, refused } = JSON.parse(await drill.reportFile("requests.json")) as Requests;
        assert.ok((refused["SlowDown"] ?? 0) > 0, "no request was turned away");
        assert.ok(classes.A > 0 && classes.B > 0 && classes.C > 0);
        assert.ok((operations["PutObject"]?.["slots"] ?? 0) >= 12, "the slots were not uploaded through the double");
        assert.ok((operations["PutBucketLifecycleConfiguration"]?.[""] ?? 0) >= 2);
        // The trial of the keys at `up`, and staging's own at the end: each was refused by capability.
        assert.ok((refused["AccessDenied"] ?? 0) > 0);

        assert.deepEqual(record.cleanup, { destroyed: true, kept: false, leftovers: [] });
        assert.deepEqual(leftovers(run), []);
    });

    it("refuses a store that there is not, with one message and status 2", async () => {
        await using drill = await DrillProcess.start("--store", "gcs");
        const { status, stderr } = await drill.end();
        assert.equal(status, 2, stderr);
        assert.match(stderr, /--store "gcs" is no object store of a drill[^]*s3-compatible, b2/);
    });
});

interface Requests {
    classes: { A: number; B: number; C: number };
    operations: Record<string, Record<string, number> | undefined>;
    refused: Record<string, number>;
}
