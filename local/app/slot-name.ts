/** True for a text that may be a slot's id: safe as a file name, in a URL and as an argument. */
export function isSlotName(text: string): boolean {
    return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text);
}
