import { isObject, type Props, type Resource, type Stack } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

const secretKeys = ["storageAdminSecret", "serverSecret", "recoverySecret", "sshPrivateKey", "appToken"];
/** A shorter value is a placeholder, and might be part of anything. */
const LEAST_LENGTH = 16;

/** Secrets travel by standard input alone, and the provisioner's key to no server at all. */
export const secretsStayPut: ResourceRule = {
    name: "secrets-stay-put",
    description: "No secret is on a command line or in user data, and the provisioner's key reaches no server.",
    problems({ kind, name, props }: Resource, stack: Stack) {
        const problems: string[] = [];
        for (const [key, value] of secretsOf(stack)) {
            const shown = exposed(kind, props).find((property) => holds(props[property], value));
            if (shown !== undefined)
                problems.push(`${name} has the secret slotkeeper:${key} in ${shown}, where others can read it: hand it over by stdin`);
            if (key === "storageAdminSecret" && kind.startsWith("command.remote.") && holds(withoutConnection(props), value))
                problems.push(`${name} brings slotkeeper:${key}, the provisioner's key, to a server: a server has its own key, which destroys nothing (slotkeeper:serverSecret)`);
        }
        return problems;
    }, // prettier-ignore
};

function secretsOf({ config }: Stack): (readonly [string, string])[] {
    return secretKeys.flatMap((key) => {
        const value = config[key]?.trim() ?? "";
        return value.length >= LEAST_LENGTH ? [[key, value] as const] : [];
    });
}

/** The properties that other users of a machine, or of an account, can read. */
function exposed(kind: string, props: Props): string[] {
    if (kind.startsWith("command.")) return ["create", "update", "delete", "triggers"];
    return Object.keys(props).filter((key) => ["userData", "userDataBase64", "tags", "tagsAll", "description"].includes(key));
} // prettier-ignore

function withoutConnection(props: Props): Props {
    return Object.fromEntries(Object.entries(props).filter(([key]) => key !== "connection"));
}

/** Whether a secret is in a value at any depth, as it is or in Base64. */
function holds(value: unknown, secret: string): boolean {
    if (typeof value === "string") return value.includes(secret) || decoded(value).includes(secret);
    if (Array.isArray(value)) return value.some((item) => holds(item, secret));
    return isObject(value) && Object.values(value).some((item) => holds(item, secret));
}

function decoded(value: string): string {
    return /^[A-Za-z0-9+/=\s]+$/.test(value) ? Buffer.from(value, "base64").toString() : "";
}
