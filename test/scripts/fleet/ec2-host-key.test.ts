import assert from "node:assert/strict";
import fc from "fast-check";
import { consoleMarkers } from "../../../components/render/user-data.ts";
import { SlotkeeperError } from "../../../scripts/errors.ts";
import { awaitHostKey, readAnnouncement } from "../../../scripts/fleet/ec2-host-key.ts";
import { newKeyPair } from "../../support/ssh-key.ts";

const publicKey = () => newKeyPair().public.split(" ").slice(0, 2).join(" ");
const hostKey = publicKey();
const block = (line: string) => `\r\n${consoleMarkers.begin}\r\n${line}\r\n${consoleMarkers.end}\r\n`;
const boot = "[    0.000000] Linux version 6.12\r\nci-info: no authorized SSH keys\r\n";

describe("what a server says on its console", () => {
    it("is its host key, among all else, however often", () => {
        const said = block(`host-key ${hostKey}`);
        assert.deepEqual(readAnnouncement(boot + said + boot + said), { kind: "host-key", hostKey });
    });

    it("is nothing until a block is whole", () => {
        for (const text of ["", boot, block(`host-key ${hostKey}`).slice(0, -10)])
            assert.equal(readAnnouncement(text).kind, "none");
    });

    it("is believed from a whole block beside one that the kernel wrote into", () => {
        const spoilt = block(`host-key ${hostKey.slice(0, 30)}\r\n[ 12.3] nvme nvme1: 2/0/0 queues`);
        assert.deepEqual(readAnnouncement(spoilt + block(`host-key ${hostKey}`)), { kind: "host-key", hostKey });
    });

    const garbled: [string, string][] = [
        ["two different keys", block(`host-key ${hostKey}`) + block(`host-key ${publicKey()}`)],
        ["a key of another type", block("host-key ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==")],
        ["a key that is cut off", block(`host-key ${hostKey.slice(0, -8)}`)],
        ["a key with something after it", block(`host-key ${hostKey}\r\nmore`)],
        ["a key with an option for ssh in it", block(`host-key ${hostKey} root@server`)],
        ["nothing at all", block("")],
    ];
    for (const [title, text] of garbled)
        it(`is not believed where it is ${title}`, () => {
            assert.equal(readAnnouncement(text).kind, "garbled");
        });

    it("is never a host key, whatever else is between the markers", function () {
        this.timeout(30_000);
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), (line) => {
                assert.notEqual(readAnnouncement(block(line)).kind, "host-key");
                assert.notEqual(readAnnouncement(block(`host-key ssh-ed25519 ${line}`)).kind, "host-key");
            }),
        );
    });
});

describe("awaitHostKey", () => {
    /** A console that shows one text after the other, and then the last for ever. */
    async function waitFor(...texts: (string | null)[]) {
        let now = 0;
        let looks = 0;
        const told: string[] = [];
        const patience = {
            milliseconds: 60_000,
            everyMilliseconds: 5_000,
            now: () => now,
            wait: (milliseconds: number) => {
                now += milliseconds;
                return Promise.resolve();
            },
        };
        const read = () => Promise.resolve(texts[Math.min(looks++, texts.length - 1)] ?? null);
        const found = await awaitHostKey("i-1", read, patience, (line) => told.push(line)).catch(
            (error: unknown) => error,
        );
        return { found, looks, told };
    }
    const failure = (found: unknown) => {
        assert.ok(found instanceof SlotkeeperError, String(found));
        return found;
    };

    it("waits until it is there, and says what for", async () => {
        const { found, told } = await waitFor(null, boot, boot + block(`host-key ${hostKey}`));
        assert.equal(found, hostKey);
        assert.match(told[0] ?? "", /waiting for i-1 to say its SSH host key on its console/);
    });

    it("gives up in time", async () => {
        const { found, looks } = await waitFor(boot);
        assert.match(failure(found).message, /i-1 has not said its SSH host key .* within 60 s/);
        assert.equal(looks, 13);
    });

    it("looks again at what is garbled, and believes it no more after the third time", async () => {
        const odd = block("host-key nonsense");
        assert.equal((await waitFor(odd, odd, odd + block(`host-key ${hostKey}`))).found, hostKey);
        const { found, looks } = await waitFor(odd);
        assert.equal(failure(found).kind, "checkFailed");
        assert.equal(looks, 3);
    });

    it("ends at once with the words of a first boot that failed", async () => {
        const { found, looks } = await waitFor(block("problem the volume vol-1 was not attached within 600 s"));
        assert.match(failure(found).message, /first boot of i-1 failed: the volume vol-1 was not attached/);
        assert.equal(looks, 1);
    });
});
