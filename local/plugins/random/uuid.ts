import { randomUUID } from "node:crypto";
import type { Resource } from "../provider/resource.ts";

/** `random.RandomUuid`, version 4. */
export const uuid: Resource = {
    outputs: ["result"],
    replacedBy: "all",
    create: () => {
        const result = randomUUID();
        return Promise.resolve({ id: result, outputs: { result } });
    },
};
