import { randomBytes } from "node:crypto";
import type { Resource } from "../provider/resource.ts";
import { wholeNumber } from "./number.ts";

/** `random.RandomId`: the same random number in five notations, each but the id after the prefix. */
export const id: Resource = {
    outputs: ["b64Std", "b64Url", "dec", "hex"],
    replacedBy: "all",
    check: (news) => ({ inputs: news, refusals: wholeNumber("byteLength", news["byteLength"], 1) }),
    create: (inputs) => {
        const value = randomBytes(Number(inputs["byteLength"]));
        const prefix = typeof inputs["prefix"] === "string" ? inputs["prefix"] : "";
        const outputs = {
            b64Std: prefix + value.toString("base64"),
            b64Url: prefix + value.toString("base64url"),
            dec: prefix + BigInt(`0x${value.toString("hex")}`).toString(),
            hex: prefix + value.toString("hex"),
        };
        return Promise.resolve({ id: value.toString("base64url"), outputs });
    },
};
