import { z } from "zod";
import { expiryResource } from "../../../components/expiry.ts";

const resourceSchema = z.object({
    urn: z.string(),
    type: z.string(),
    custom: z.boolean().default(false),
    protect: z.boolean().default(false),
    retainOnDelete: z.boolean().default(false),
    outputs: z.record(z.string(), z.unknown()).default({}),
});

/** `pulumi stack export`, as far as a drill has to know it; null deployment: nothing was ever made. */
export const stateSchema = z.object({
    deployment: z
        .object({
            resources: z.array(resourceSchema).default([]),
            pending_operations: z
                .array(z.object({ type: z.string(), resource: z.object({ urn: z.string(), type: z.string() }) }))
                .nullish(),
        })
        .nullish(),
});

/** See {@link stateSchema}. */
export type State = z.infer<typeof stateSchema>;

type Resource = z.infer<typeof resourceSchema>;

const resourcesOf = (state: State): readonly Resource[] => state.deployment?.resources ?? [];

/** The last part of a URN. */
export const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;

/** Everything that a stack consists of but itself, by name. */
export function namesIn(state: State): string[] {
    return resourcesOf(state)
        .filter(({ type }) => type !== "pulumi:pulumi:Stack")
        .map(({ urn }) => nameOf(urn));
}

/** Whether the stack holds nothing at all, half-made things included. */
export function isEmpty(state: State): boolean {
    return namesIn(state).length === 0 && pendingIn(state).length === 0;
}

/** What was being made when an update was cut off: it may exist although no resource says so. */
export function pendingIn(state: State): { name: string; type: string }[] {
    return (state.deployment?.pending_operations ?? [])
        .filter(({ type }) => type === "creating")
        .map(({ resource }) => ({ name: nameOf(resource.urn), type: resource.type }));
}

/** Only production makes these. */
const productionTypes = /^(aws:(s3|iam)\/|b2:|random:|slotkeeper:index:(Buckets|Keys|EncryptionSecret|Replication)$)/;

/** Why a stack must not be destroyed by a drill, whatever its name and configuration say; empty when it may be. */
export function objections(state: State): string[] {
    const found = resourcesOf(state).flatMap(({ urn, type, protect, retainOnDelete }) => {
        if (protect) return [`${nameOf(urn)} is protected`];
        if (retainOnDelete) return [`${nameOf(urn)} is to be kept when it is destroyed`];
        return productionTypes.test(type) ? [`${nameOf(urn)} (${type}) is production's`] : [];
    });
    const { role } = outputsOf(state);
    if (role !== undefined && role !== "staging") found.unshift(`its output "role" is ${JSON.stringify(role)}`);
    return found;
}

/** The outputs of the last update that succeeded. */
export function outputsOf(state: State): Record<string, unknown> {
    return resourcesOf(state).find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

/** The outputs of a component of that type: there also when the update failed later. */
export function componentOutputs(state: State, type: string): Record<string, unknown> | null {
    return resourcesOf(state).find((resource) => resource.type === type)?.outputs ?? null;
}

/** The URN of the resource of that name, if the state has it. */
export function urnOf(state: State, name: string): string | null {
    return resourcesOf(state).find(({ urn, custom }) => custom && nameOf(urn) === name)?.urn ?? null;
}

/** When what the stack made is over, epoch ms; null where nothing says so. */
export function expiryIn(state: State): number | null {
    const recorded = resourcesOf(state).find(({ urn, custom }) => custom && nameOf(urn) === expiryResource);
    const text = recorded?.outputs["stdout"];
    const at = typeof text === "string" ? Date.parse(text.trim()) : NaN;
    return Number.isNaN(at) ? null : at;
}
