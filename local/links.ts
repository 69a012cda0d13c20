import { existsSync, readdirSync } from "node:fs";
import { execa } from "execa";
import { waitUntil } from "./process.ts";

/** Whether the host has a network link of that name. */
export const linkExists = (name: string) => existsSync(`/sys/class/net/${name}`);

/** The host's network links whose names begin so. */
export const linksNamed = (prefix: string) => readdirSync("/sys/class/net").filter((name) => name.startsWith(prefix));

/** Waits until the host has no such link any more; false when it still has after `timeoutMs`. */
export const waitForLinkToGo = (name: string, timeoutMs: number) => waitUntil(() => !linkExists(name), timeoutMs);

/** Deletes a network link; one that is not there is as good as deleted. */
export async function deleteLink(name: string): Promise<void> {
    const { failed, stderr } = await execa("ip", ["link", "delete", "dev", name], { reject: false });
    if (failed && linkExists(name)) throw new Error(`cannot delete the network link ${name}: ${stderr}`);
}
