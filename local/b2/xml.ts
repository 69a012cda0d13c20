import { SaxesParser } from "saxes";

/** An element of S3's XML: its elements by name, in order, and its text. */
export interface Element {
    readonly children: ReadonlyMap<string, readonly Element[]>;
    readonly text: string;
}

interface Growing {
    children: Map<string, Growing[]>;
    text: string;
}

/** The root element of an XML document, if it has this name; attributes are ignored. @throws for anything else. */
export function parseXml(text: string, root: string): Element {
    const document: Growing = { children: new Map(), text: "" };
    const open: Growing[] = [document];
    const parser = new SaxesParser();
    parser.on("opentag", ({ name }) => {
        const element: Growing = { children: new Map(), text: "" };
        const parent = open.at(-1) ?? document;
        parent.children.set(name, [...(parent.children.get(name) ?? []), element]);
        open.push(element);
    });
    parser.on("text", (part) => {
        const element = open.at(-1);
        if (element !== undefined) element.text += part;
    });
    parser.on("closetag", () => open.pop());
    parser.write(text).close();
    const found = document.children.get(root)?.[0];
    if (found === undefined) throw new Error(`the XML has no ${root}`);
    return found;
}

/** The first element of a name. */
export const child = (element: Element, name: string): Element | undefined => element.children.get(name)?.[0];

/** Text as XML content. */
export function escapeXml(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
