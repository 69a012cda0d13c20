import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { secret } from "./config/secrets.ts";
import { type Address, addressSchema } from "./outputs.ts";
import { ownOutputs } from "./own-outputs.ts";
import { ownProgram } from "./own-program.ts";
import { type Look, lookSchema } from "./render/look.ts";
import type { Server } from "./server.ts";

/**
 * The generation of each thing that was applied to a server, by its resource's name; "*" is that of all others. Another
 * generation makes Pulumi apply it again.
 */
export type Generations = Readonly<Record<string, string>>;

/** What nothing has ever drifted from. */
const first = "0";

const looks = new WeakMap<Server, pulumi.Output<Generations>>();

/**
 * The generation of one applied thing: as it was, unless the server is no longer as it was left. The same in a preview
 * and the `up` after it.
 */
export function generationOf(server: Server, name: string): pulumi.Output<string> {
    return generationsOn(server).apply((generations) => generations[name] ?? generations["*"] ?? first);
}

/**
 * All generations on a server that are not the first. Exported by the stack (`applied`), which so remembers them where
 * the server cannot be reached. Looks at the server once a run; not at all before the first `up` is complete.
 */
export function generationsOn(server: Server): pulumi.Output<Generations> {
    const known = looks.get(server);
    if (known !== undefined) return known;
    const seen = pulumi.unsecret(
        pulumi
            .all([server.address, secret("sshPrivateKey"), remembered()])
            .apply(([address, privateKey, memory]) => look(address, privateKey, memory)),
    );
    looks.set(server, seen);
    return seen;
}

/** What the last complete `up` exported. */
interface Memory {
    readonly applied: Generations;
    readonly hostKey: string | null;
}

async function remembered(): Promise<Memory | null> {
    // Where there are none nothing is looked at, and nothing is applied again but what the configuration changes.
    const outputs = await ownOutputs();
    if (typeof outputs?.["applied"] !== "object") return null;
    const address = addressSchema.safeParse(outputs["server"]);
    return { applied: outputs["applied"] as Generations, hostKey: address.success ? address.data.hostKey : null };
}

async function look(address: Address, privateKey: string, memory: Memory | null): Promise<Generations> {
    if (memory === null) return {};
    const answer = lookSchema.parse(JSON.parse(await ownProgram(["look"], JSON.stringify({ ...address, privateKey }))));
    const { generations, drifted } = judge(answer, memory.applied, memory.hostKey === address.hostKey);
    if (answer.kind === "unreachable")
        void pulumi.log.warn(`nobody looked for drift on the server: ${answer.why}`);
    else if (drifted.length > 0)
        void pulumi.log.warn(`drifted on the server: ${drifted.join(", ")} — ${pulumi.runtime.isDryRun() ? "will be" : "is being"} repaired`); // prettier-ignore
    return generations;
}

/**
 * Decides what is applied again, from what a look found.
 * @param before the generations that the stack remembers.
 * @param sameServer false where the server is another than the stack remembers: what is missing on it has not drifted.
 */
export function judge(
    answer: Look,
    before: Generations,
    sameServer: boolean,
): { generations: Generations; drifted: readonly string[] } {
    switch (answer.kind) {
        case "unreachable":
            return { generations: before, drifted: [] };
        case "fresh":
            if (!sameServer) return { generations: before, drifted: [] };
            return everything(before, "everything (nothing of it is there any more)");
        case "broken":
            return everything(before, `the program itself (${answer.why})`);
        case "looked": {
            const now = Object.entries(answer.applied).map(([name, { generation, drifted }]) => {
                return [name, drifted.length === 0 ? generation : next(generation, drifted)] as const;
            });
            return {
                generations: Object.fromEntries(now.filter(([, generation]) => generation !== first)),
                drifted: Object.values(answer.applied).flatMap(({ drifted }) => drifted),
            };
        }
    }
}

function everything(before: Generations, words: string) {
    const names = new Set([...Object.keys(before), "*"]);
    const generations = [...names].map((name) => [name, next(before[name] ?? first, [words])] as const);
    return { generations: Object.fromEntries(generations), drifted: [words] };
}

function next(generation: string, drifted: readonly string[]): string {
    return createHash("sha256")
        .update(JSON.stringify([generation, drifted]))
        .digest("hex")
        .slice(0, 8);
}
