import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { envLine } from "../../../components/render/env-file.ts";

describe("envLine", () => {
    it("is read back by Node as it was, or refused", () => {
        fc.assert(
            fc.property(fc.string({ unit: fc.constantFrom(...Array.from("ab=# '\"\\$`%;&\t\n")) }), (value) => {
                let line: string;
                try {
                    line = envLine("SECRET", value);
                } catch {
                    assert.match(value, /[\n\t]|'.*["\\$`]|["\\$`].*'/s);
                    return;
                }
                assert.equal(parseEnv(`${line}NEXT=1\n`)["SECRET"], value);
                assert.equal(parseEnv(`${line}NEXT=1\n`)["NEXT"], "1");
            }),
            { numRuns: 2000 },
        );
    });

    it("names what it refuses without showing the value", () => {
        for (const value of ["line\nbreak-s3cret", `s3cret'"`])
            assert.throws(
                () => envLine("KEY", value),
                (error: Error) => /^KEY contains /.test(error.message) && !error.message.includes("s3cret"),
            );
    });
});
