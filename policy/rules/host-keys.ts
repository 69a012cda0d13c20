import { UNKNOWN, isObject } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

/** @pulumi/command takes whatever key a server shows unless it is told which one (connection.go of pulumi-command). */
export const pinnedHostKey: ResourceRule = {
    name: "pinned-host-key",
    description: "Whatever runs on a server knows the server's key beforehand.",
    problems({ kind, name, props }) {
        if (!kind.startsWith("command.remote.")) return [];
        const connection = props["connection"];
        if (connection === UNKNOWN) return [];
        const problems = hasKey(connection) ? [] : [missing(name, "connection.hostKey")];
        const proxy = isObject(connection) ? connection["proxy"] : undefined;
        if (proxy !== undefined && proxy !== null && proxy !== UNKNOWN && !hasKey(proxy))
            problems.push(missing(name, "connection.proxy.hostKey"));
        return problems;
    },
};

function hasKey(connection: unknown): boolean {
    if (!isObject(connection)) return false;
    const key = connection["hostKey"];
    return key === UNKNOWN || (typeof key === "string" && key.trim() !== "");
}

function missing(name: string, property: string): string {
    return `${name} runs on a server without knowing its key, so anybody in between could take its place: set ${property}`;
}
