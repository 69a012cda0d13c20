declare const brand: unique symbol;

/** A slot's id that is safe as a file name, a path segment of a URL and an argument. */
export type SlotId = string & { readonly [brand]: "SlotId" };

/** Longest slot id, in characters; leaves room in a 255-byte file name for `.db`, `-wal` and Litestream's folder. */
export const SLOT_ID_MAX_LENGTH = 128;

/** Why a string is no safe slot id, in words for an operator; null when it is safe. */
export function slotIdRefusal(id: string): string | null {
    if (id === "") return "it is empty";
    if (id.length > SLOT_ID_MAX_LENGTH) return `it is longer than ${SLOT_ID_MAX_LENGTH} characters`;
    if (id.includes("\0")) return "it contains a NUL character";
    if (id === "global") return "it is what the global database is called";
    if (id === "." || id === "..") return "it names a folder, not a file";
    if (id.includes("/") || id.includes("\\")) return "it contains a path separator";
    if (id.startsWith("-")) return "it starts with -, as an option would";
    if (id.startsWith(".")) return "it starts with a dot, as a hidden file does";
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(id)) return "it contains characters other than A-Z a-z 0-9 . _ -";
    return null;
}

/** The slot id, or null when it is not safe to use. */
export function parseSlotId(id: string): SlotId | null {
    return slotIdRefusal(id) === null ? (id as SlotId) : null;
}

/** One catalog entry that is not used, and why; `id` is shown with JSON escapes so that it cannot disturb a terminal. */
export interface Refusal {
    id: string;
    reason: string;
}

/** Sorts the ids of a catalog into those that are safe and those that are not; every id ends up in exactly one list. */
export function sortSlotIds(ids: readonly string[]): { active: SlotId[]; refused: Refusal[] } {
    const active: SlotId[] = [];
    const refused: Refusal[] = [];
    const seen = new Map<string, string>();
    for (const id of ids) {
        const reason = slotIdRefusal(id);
        const twin = seen.get(id.toLowerCase());
        if (reason !== null) refused.push({ id: printable(id), reason });
        else if (twin === id) refused.push({ id, reason: "the catalog lists it twice" });
        else if (twin !== undefined) refused.push({ id, reason: `it differs from ${twin} only in case` });
        else {
            seen.set(id.toLowerCase(), id);
            active.push(id as SlotId);
        }
    }
    return { active, refused };
}

function printable(id: string): string {
    const shown = id.length > SLOT_ID_MAX_LENGTH ? `${id.slice(0, SLOT_ID_MAX_LENGTH)}…` : id;
    return shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
}
