import { randomBytes } from "node:crypto";
import type { Resource } from "../provider/resource.ts";
import { wholeNumber } from "./number.ts";

/**
 * `random.RandomBytes`. Its id is "none": the official plugin uses the secret itself, in base64, as the id
 * (computeRandomBytesID in pulumi-random 4.21.2), and Pulumi keeps ids in clear in its state.
 */
export const bytes: Resource = {
    outputs: ["base64", "hex"],
    secrets: ["base64", "hex"],
    replacedBy: "all",
    check: (news) => ({ inputs: news, refusals: wholeNumber("length", news["length"], 1) }),
    create: (inputs) => {
        const value = randomBytes(Number(inputs["length"]));
        return Promise.resolve({
            id: "none",
            outputs: { base64: value.toString("base64"), hex: value.toString("hex") },
        });
    },
};
