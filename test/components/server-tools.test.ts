import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverTools } from "../../components/server-tools.ts";
import { useTemporaryFolder } from "../support/temporary-folder.ts";

const here = process.arch === "arm64" ? "arm64" : "x64";
const before = process.env["SLOTKEEPER_LITESTREAM"];

describe("what a server runs", function () {
    this.timeout(30_000);
    const folder = useTemporaryFolder();
    afterEach(() => {
        if (before === undefined) delete process.env["SLOTKEEPER_LITESTREAM"];
        else process.env["SLOTKEEPER_LITESTREAM"] = before;
    });

    /** The beginning of an executable for a processor, elf(5). */
    function executable(machine: number): string {
        const header = Buffer.alloc(64);
        header.writeUInt32BE(0x7f454c46, 0);
        header.writeUInt16LE(machine, 18);
        const path = join(folder(), "litestream");
        writeFileSync(path, header);
        chmodSync(path, 0o755);
        return path;
    }

    it("is the Litestream that SLOTKEEPER_LITESTREAM names, where it is one for the server's processor", async () => {
        const own = executable(here === "x64" ? 62 : 183);
        process.env["SLOTKEEPER_LITESTREAM"] = own;
        assert.equal((await serverTools(here)).litestream, own);
    });

    it("is refused, by its name, where that cannot be read", async () => {
        process.env["SLOTKEEPER_LITESTREAM"] = import.meta.filename;
        await assert.rejects(serverTools(here), /SLOTKEEPER_LITESTREAM names .*, which is not an executable for Linux/);
        process.env["SLOTKEEPER_LITESTREAM"] = join(folder(), "none");
        await assert.rejects(serverTools(here), /SLOTKEEPER_LITESTREAM names .*none, which cannot be read/);
    });
});
