import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { isSame, type Props } from "./wire.ts";

type DiffResponse = InstanceType<typeof messages.DiffResponse>;

/** Compares old inputs with new ones, property by property, as providers built on pulumi-go-provider do. */
export function diff(
    id: string,
    olds: Props,
    news: Props,
    ignored: readonly string[],
    replacedBy: readonly string[] | "all",
    deletedBeforeReplaced = false,
): DiffResponse {
    const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
    const changed = [...keys].filter((key) => {
        // "version" and "__…" are the engine's own.
        if (key === "version" || key.startsWith("__") || ignored.includes(key)) return false;
        return !isSame(olds[key], news[key]);
    });
    const replaces = id === "" ? [] : changed.filter((key) => replacedBy === "all" || replacedBy.includes(key));
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    const response = new messages.DiffResponse()
        .setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME)
        .setDiffsList(changed)
        .setReplacesList(replaces)
        .setDeletebeforereplace(replaces.length > 0 && deletedBeforeReplaced)
        .setHasdetaileddiff(true);
    const { Kind } = messages.PropertyDiff;
    for (const key of changed) {
        const replace = replaces.includes(key);
        const kind =
            olds[key] === undefined
                ? replace
                    ? Kind.ADD_REPLACE
                    : Kind.ADD
                : news[key] === undefined
                  ? replace
                      ? Kind.DELETE_REPLACE
                      : Kind.DELETE
                  : replace
                    ? Kind.UPDATE_REPLACE
                    : Kind.UPDATE;
        response.getDetaileddiffMap().set(key, new messages.PropertyDiff().setKind(kind).setInputdiff(true));
    }
    return response;
}
