import assert from "node:assert/strict";
import { parseAccessLog } from "../../../local/bench/access-log.ts";

const row = (operation: string, key: string, uri: string, agent = "litestream aws-sdk-go-v2/1.45.1") =>
    `root-1 fleet [24/November/2026:23:29:05 +0000] 127.0.0.1 root-1 5JPHTWZQDDBUGH7W s3_${operation} ${key} ${uri} 200 - 0 873 0 0 - ${agent} x= SigV4 - AuthHeader - Yes`; // prettier-ignore

describe("the object store's access log", () => {
    it("says of each of Litestream's requests what it is billed as, and of which database", () => {
        const key = "global/0000/0000000000000001-0000000000000001.ltx";
        const log = [
            "log starts 2026-11-24 23:29:05 +0000 UTC m=+0.019",
            row("PutObject", key, `/fleet/${key}?x-id=PutObject`),
            row("ListObjectsV2", "-", "/fleet?list-type=2&prefix=slots%2Fa.db%2F0009%2F"),
            row("DeleteObjects", "-", "/fleet?delete="),
            "",
        ].join("\n");
        assert.deepEqual(parseAccessLog(log), [
            { class: "put", database: "global", level: 0, bytes: 873 },
            { class: "list", database: "slots/a.db", level: 9, bytes: 0 },
            { class: "delete", database: "", level: -1, bytes: 0 },
        ]);
    });

    it("leaves out what others ask, and refuses to guess what an unknown request is billed as", () => {
        assert.deepEqual(parseAccessLog(row("PutObject", "k", "/fleet/k", "aws-sdk-js/3")), []);
        assert.throws(
            () => parseAccessLog(row("SelectObjectContent", "k", "/fleet/k")),
            /SelectObjectContent billed as/,
        );
    });
});
