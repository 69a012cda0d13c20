import { consoleMarkers } from "../../components/render/user-data.ts";
import { SlotkeeperError } from "../errors.ts";
import type { Progress } from "../progress.ts";

/** What a server has said of itself on its console so far. */
export type Announcement =
    | { readonly kind: "none" }
    | { readonly kind: "host-key"; readonly hostKey: string }
    /** Its first boot failed, in its own words. */
    | { readonly kind: "problem"; readonly words: string }
    /** It said something that is neither. */
    | { readonly kind: "garbled"; readonly why: string };

/**
 * Reads what a server says between its markers (components/render/user-data.ts), which it says more than once: the
 * kernel may write in between. Of several host keys none is believed.
 */
export function readAnnouncement(console: string): Announcement {
    const said = blocksOf(console).map(readBlock);
    const problem = said.find(({ kind }) => kind === "problem");
    if (problem !== undefined) return problem;
    const keys = new Set(said.flatMap((one) => (one.kind === "host-key" ? [one.hostKey] : [])));
    const [hostKey] = keys;
    if (keys.size > 1) return { kind: "garbled", why: `${keys.size} different host keys` };
    if (hostKey !== undefined) return { kind: "host-key", hostKey };
    return said.at(-1) ?? { kind: "none" };
}

/** The lines between each pair of markers. */
function blocksOf(console: string): string[][] {
    const lines = console.split(/\r*\n/);
    const blocks: string[][] = [];
    for (let at = lines.indexOf(consoleMarkers.begin); at !== -1; at = lines.indexOf(consoleMarkers.begin, at + 1)) {
        const end = lines.indexOf(consoleMarkers.end, at);
        if (end !== -1) blocks.push(lines.slice(at + 1, end));
    }
    return blocks;
}

function readBlock([line = "", ...more]: string[]): Announcement {
    const [what, ...rest] = line.split(" ");
    if (what === "problem") return { kind: "problem", words: rest.join(" ").replaceAll(/[^\x20-\x7e]/g, "?") };
    const hostKey = rest.join(" ");
    if (what === "host-key" && more.length === 0 && isHostKey(hostKey)) return { kind: "host-key", hostKey };
    return { kind: "garbled", why: "no well-formed ssh-ed25519 key" };
}

/** Whether a text is exactly one Ed25519 public key, `ssh-ed25519 <base64>`. */
function isHostKey(text: string): boolean {
    const blob = Buffer.from(text.slice(text.indexOf(" ") + 1), "base64");
    const isKey = blob.length === ed25519Head.length + 32 && blob.subarray(0, ed25519Head.length).equals(ed25519Head);
    return isKey && text === `ssh-ed25519 ${blob.toString("base64")}`;
}

/** What comes before the key's 32 bytes: "ssh-ed25519" and their number, each with its length (RFC 8709). */
const ed25519Head = Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0\x20", "latin1");

/** How long a host key is waited for; `now` and `wait` are milliseconds of the same clock. */
export interface Patience {
    readonly milliseconds: number;
    readonly everyMilliseconds: number;
    readonly now: () => number;
    readonly wait: (milliseconds: number) => Promise<void>;
}

/** How often what is garbled is looked at again: the server may be writing just then. */
const secondLooks = 3;
const tellMilliseconds = 30_000;

/**
 * Waits until a server says its host key on its console.
 * @throws SlotkeeperError "remote" when it does not in time, or says that its first boot failed; "checkFailed" when what
 * it says is no host key.
 */
export async function awaitHostKey(
    instance: string,
    read: () => Promise<string | null>,
    patience: Patience,
    progress: Progress,
): Promise<string> {
    const began = patience.now();
    let told = began - tellMilliseconds;
    let garbled = 0;
    for (;;) {
        const text = await read();
        const said = readAnnouncement(text ?? "");
        if (said.kind === "host-key") return said.hostKey;
        if (said.kind === "problem") throw firstBootFailed(instance, said.words);
        garbled = said.kind === "garbled" ? garbled + 1 : 0;
        if (said.kind === "garbled" && garbled >= secondLooks) throw notBelieved(instance, said.why);
        const waited = patience.now() - began;
        if (waited >= patience.milliseconds) throw neverSaid(instance, text, Math.round(waited / 1000));
        if (patience.now() - told >= tellMilliseconds) {
            progress(`waiting for ${instance} to say its SSH host key on its console (${Math.round(waited / 1000)} s)`);
            told = patience.now();
        }
        await patience.wait(patience.everyMilliseconds);
    }
}

function firstBootFailed(instance: string, words: string): SlotkeeperError {
    return new SlotkeeperError(
        "remote",
        `the first boot of ${instance} failed: ${words}`,
        "correct what it names, terminate this instance in EC2's console (its data volume stays), then: pulumi up --refresh",
    );
}

function notBelieved(instance: string, why: string): SlotkeeperError {
    return new SlotkeeperError(
        "checkFailed",
        `what ${instance} says on its console is not believed: ${why}`,
        "look at it (aws ec2 get-console-output --latest); terminate the instance, then: pulumi up --refresh",
    );
}

function neverSaid(instance: string, text: string | null, seconds: number): SlotkeeperError {
    const last = text === null ? "there is no console output" : `its console has ${text.length} characters without it`;
    return new SlotkeeperError(
        "remote",
        `${instance} has not said its SSH host key on its console within ${seconds} s: ${last}`,
        "see whether it boots (aws ec2 get-console-output --latest), then run pulumi up again",
    );
}
