import assert from "node:assert/strict";
import { checksumOf } from "../../../local/toolchain/release.ts";

const one = "1".repeat(64);
const two = "2".repeat(64);

describe("checksumOf", () => {
    it("finds the line of a name, as goreleaser and sha256sum write it", () => {
        const checksums = `${one}  litestream-0.5.18-linux-arm64.tar.gz\n${two} *litestream-0.5.18-linux-x86_64.tar.gz\n`;
        assert.equal(checksumOf("litestream-0.5.18-linux-arm64.tar.gz", checksums), one);
        assert.equal(checksumOf("litestream-0.5.18-linux-x86_64.tar.gz", checksums), two);
        assert.equal(checksumOf("pulumi.tar.gz", `${one.toUpperCase()}  ./pulumi.tar.gz\r\n`), one);
    });

    it("takes neither another name's checksum nor something that is none", () => {
        assert.equal(checksumOf("a.tar.gz", `${one}  aa.tar.gz\n${two}  a.tar.gz.sig\n`), undefined);
        assert.equal(checksumOf("a.tar.gz", `${one.slice(1)}  a.tar.gz\n`), undefined);
        assert.equal(checksumOf("a.tar.gz", "<html>404</html>"), undefined);
    });
});
