import assert from "node:assert/strict";
import fc from "fast-check";
import { capabilities, capabilitiesOf, isMasterKeyId, keyIdOf, newKey, type B2Key } from "../../../local/b2/keys.ts";
import { operationOf, targetOf } from "../../../local/b2/operation.ts";
import { deletionRefusal, hasChecksum, refusalOf, type Asked } from "../../../local/b2/quirks.ts";

const keyWith = (names: readonly B2Key["capabilities"][number][], buckets: string[] | null = null): B2Key => ({
    keyId: "0040123456789ab0000000001",
    capabilities: [...names],
    buckets,
});
const everything = keyWith(capabilities);

/** What is refused of a request, as "status code", or null. */
function refused(line: string, key: B2Key | undefined, more: Partial<Asked> = {}): string | null {
    const [method = "", path = ""] = line.split(" ");
    const url = new URL(path, "http://b2");
    const target = targetOf(url.pathname);
    const headers = more.headers ?? {};
    const operation = operationOf(method, target, url.searchParams, headers["x-amz-copy-source"] !== undefined);
    const keyId = key?.keyId ?? null;
    const found = refusalOf({ operation, target, keyId, key, retains: false, buckets: 0, ...more, headers });
    return found && `${found.status} ${found.code}`;
}

describe("B2's calls", () => {
    for (const [line, name] of [
        ["GET /", "ListBuckets"],
        ["GET /bucket?list-type=2&prefix=a%2F&x-id=ListObjectsV2", "ListObjects"],
        ["GET /bucket?versions&key-marker=a", "ListObjectVersions"],
        ["PUT /bucket/a?partNumber=1&uploadId=u", "UploadPart"],
        ["GET /bucket/a?versionId=v", "GetObject"],
        ["DELETE /bucket/a?versionId=v", "DeleteObjectVersion"],
        ["DELETE /bucket/a", "DeleteObject"],
        ["POST /bucket?delete", "DeleteObjects"],
        ["GET /bucket/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k", "GetObject"],
    ] as const)
        it(`are told apart: ${line}`, () => {
            const [method, path] = line.split(" ");
            const url = new URL(path ?? "", "http://b2");
            assert.equal(operationOf(method ?? "", targetOf(url.pathname), url.searchParams, false)?.name, name);
        });

    for (const line of [
        "PUT /bucket?versioning",
        "GET /bucket?policy",
        "PUT /bucket?policy",
        "GET /bucket?tagging",
        "GET /bucket?website",
        "GET /bucket?replication",
        "PUT /bucket?accelerate",
        "GET /bucket?requestPayment",
        "PUT /bucket?publicAccessBlock",
        "PUT /bucket?ownershipControls",
        "GET /bucket?logging",
        "GET /bucket/a?tagging",
        "PUT /bucket/a?tagging&versionId=v",
        "GET /bucket/a?attributes",
        "POST /bucket",
        "GET /bucket?constructor",
    ])
        it(`do not include ${line}`, () => {
            assert.equal(refused(line, everything), "501 NotImplemented");
        });
});

describe("B2's keys", () => {
    it("do only what they have the capability for, whatever the call", () => {
        for (const [line, needed] of [
            ["GET /bucket/a", "readFiles"],
            ["PUT /bucket/a", "writeFiles"],
            ["DELETE /bucket/a", "writeFiles"],
            ["DELETE /bucket/a?versionId=v", "deleteFiles"],
            ["GET /bucket", "listFiles"],
            ["HEAD /bucket", "listBuckets"],
            ["PUT /bucket-name", "writeBuckets"],
            ["DELETE /bucket", "deleteBuckets"],
            ["PUT /bucket?lifecycle", "writeBuckets"],
            ["GET /bucket?versioning", "readBuckets"],
            ["PUT /bucket?encryption", "writeBucketEncryption"],
            ["PUT /bucket?object-lock", "writeBucketRetentions"],
        ] as const) {
            assert.equal(refused(line, keyWith([needed])), null, line);
            const others = capabilities.filter((name) => name !== needed);
            assert.equal(refused(line, keyWith(others)), "403 AccessDenied", line);
        }
    });

    it("touch no bucket but their own", () => {
        const key = keyWith(capabilities, ["mine-one", "mine-two"]);
        assert.equal(refused("GET /mine-two/a", key), null);
        assert.equal(refused("GET /theirs/a", key), "403 AccessDenied");
    });

    it("of the server hide and never destroy, also many at once", () => {
        const writer = keyWith(capabilitiesOf.writer);
        const body = (...versions: string[]) =>
            `<Delete>${versions.map((version) => `<Object><Key>a</Key>${version}</Object>`).join("")}</Delete>`;
        assert.equal(deletionRefusal(body("", ""), writer), null);
        assert.equal(deletionRefusal(body("", "<VersionId>v</VersionId>"), writer)?.status, 403);
        assert.equal(deletionRefusal(body("<VersionId>v</VersionId>"), keyWith(["deleteFiles"])), null);
        assert.equal(deletionRefusal(body(""), keyWith(["deleteFiles"]))?.status, 403);
    });

    it("are not the master key, nor any that nobody made", () => {
        assert.equal(refused("GET /bucket", undefined, { keyId: "0123456789ab" }), "403 InvalidAccessKeyId");
        assert.equal(
            refused("GET /bucket", undefined, { keyId: "0040123456789ab0000000002" }),
            "403 InvalidAccessKeyId",
        );
        assert.ok(!isMasterKeyId(newKey("0123456789ab").accessKey));
        assert.match(newKey("0123456789ab").accessKey, /^004[0-9a-f]{12}\d{10}$/);
    });

    it("are found in the header or in a presigned query", () => {
        const header =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-west-004/s3/aws4_request, SignedHeaders=host, Signature=0";
        assert.equal(keyIdOf(header, new URLSearchParams()), "key");
        assert.equal(
            keyIdOf(undefined, new URLSearchParams("X-Amz-Credential=key%2F20260101%2Fr%2Fs3%2Faws4_request")),
            "key",
        );
        assert.equal(keyIdOf("Bearer x", new URLSearchParams()), null);
    });
});

describe("B2's rules for buckets and objects", () => {
    it("allow 100 buckets, with names of its kind", () => {
        const create = (name: string, buckets: number) => refused(`PUT /${name}`, everything, { buckets });
        assert.equal(create("bucket-name", 99), null);
        assert.equal(create("bucket-name", 100), "400 TooManyBuckets");
        for (const name of ["short", "b2-bucket", "a.b.c.d", "under_score", "x".repeat(64)])
            assert.equal(create(name, 0), "400 InvalidBucketName", name);
        assert.equal(refused("PUT /bucket-name", everything, { headers: { "x-amz-acl": "public-read-write" } }), "400 InvalidArgument"); // prettier-ignore
    });

    it("refuse tags and conditions on an upload", () => {
        for (const headers of [{ "x-amz-tagging": "a=b" }, { "if-none-match": "*" }])
            assert.equal(refused("PUT /bucket/a", everything, { headers }), "501 NotImplemented");
        assert.equal(refused("GET /bucket/a", everything, { headers: { "if-none-match": "etag" } }), null);
    });

    it("want a checksum where objects are locked, and of each DeleteObjects", () => {
        assert.equal(refused("PUT /bucket/a", everything, { retains: true }), "400 InvalidRequest");
        assert.equal(refused("PUT /bucket/a", everything, { retains: false }), null);
        assert.equal(refused("POST /bucket?delete", everything), "400 InvalidRequest");
        for (const headers of [
            { "content-md5": "x" },
            { "x-amz-checksum-crc32": "x" },
            { "x-amz-trailer": "x-amz-checksum-sha256" },
        ])
            // prettier-ignore
            assert.equal(refused("POST /bucket?delete", everything, { headers }), null);
        assert.ok(!hasChecksum({ "x-amz-sdk-checksum-algorithm": "CRC32" }));
    });

    it("never throw, whatever is asked", () => {
        fc.assert(
            fc.property(
                fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"),
                fc.webPath(),
                fc.webQueryParameters(),
                (method, path, query) => {
                    // prettier-ignore
                    const url = new URL(`http://b2${path}?${query}`);
                    let target;
                    try {
                        target = targetOf(url.pathname);
                    } catch (error) {
                        return error instanceof URIError;
                    }
                    const operation = operationOf(method, target, url.searchParams, false);
                    refusalOf({
                        operation,
                        target,
                        keyId: null,
                        key: undefined,
                        headers: {},
                        retains: true,
                        buckets: 0,
                    });
                    return true;
                },
            ),
        );
    });
});
