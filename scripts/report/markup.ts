/** Text that is HTML or XML already; everything else is escaped where it is put into it. */
export class Markup {
    readonly text: string;

    constructor(text: string) {
        this.text = text;
    }
}

/** What can be put into markup; null is nothing. */
export type Content = Markup | string | number | null | readonly Content[];

/**
 * HTML or XML from a template whose values are escaped: ids and messages come from databases. Made for element content
 * and for attribute values in double quotes; a value's line breaks and control characters are shown as escapes.
 */
export function markup(parts: TemplateStringsArray, ...values: Content[]): Markup {
    return new Markup(parts.map((part, index) => part + (index < values.length ? textOf(values[index]) : "")).join(""));
}

/** Text of several lines as element content: line breaks and tabs stay what they are. */
export function lines(text: string): Markup {
    return new Markup(escape(visible(text, /[\n\t]/)));
}

/**
 * Text with every character that cannot be seen, that reorders its neighbours, or that XML 1.0 (§2.2) does not allow,
 * written as an escape: `\n`, `\u{202e}`.
 */
export function visible(text: string, kept?: RegExp): string {
    return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029]/gu, (found) => {
        if (kept?.test(found) === true) return found;
        return named[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
    });
}

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function textOf(value: Content | undefined): string {
    if (value === null || value === undefined) return "";
    if (value instanceof Markup) return value.text;
    if (typeof value === "object") return value.map(textOf).join("");
    return escape(visible(String(value)));
}

const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
};

function escape(text: string): string {
    return text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? found);
}
