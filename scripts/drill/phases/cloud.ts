import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { openNetwork } from "../../../local/network.ts";
import type { Run } from "../../../local/run.ts";
import { passphraseFile } from "../stacks.ts";
import type { Cloud, Conduct, Workshop } from "../world.ts";
import { openStore } from "./store.ts";

/** Opens the drill's own cloud: run folder, network, object store with its accounts, keys. */
export async function openCloud(
    { plan, progress, signal }: Conduct,
    workshop: Workshop,
    run: Run,
    onOutput: (text: string) => void,
): Promise<Cloud> {
    const network = await openNetwork(run, progress);
    const token = run.id.slice(-6);
    const buckets = { replica: `drill-${token}-replicas`, snapshot: `drill-${token}-snapshots` };
    const { store, accounts } = await openStore(plan.store, workshop, run, network.address, buckets);
    await network.allow(store.port);
    progress(`object store at ${store.endpoint}${store.backend === "b2" ? ", behaving like Backblaze B2" : ""}`);

    const stateDir = join(run.dir, "state");
    await mkdir(stateDir, { mode: 0o700, recursive: true });
    const passphrase = await passphraseFile(stateDir, secret());
    const keyFile = join(run.dir, "id_ed25519");
    // Not by ssh2: one in 256 of the Ed25519 keys that 1.17 makes is malformed.
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "slotkeeper drill", "-f", keyFile]);
    return {
        run,
        network,
        store,
        accounts,
        ssh: {
            keyFile,
            privateKey: await readFile(keyFile, "utf8"),
            publicKey: (await readFile(`${keyFile}.pub`, "utf8")).trim(),
        },
        appToken: secret(),
        buckets,
        stacks: {
            stateDir,
            cliRoot: workshop.plugins.root,
            signal,
            onOutput,
            env: {
                ...workshop.plugins.env,
                ...run.env,
                PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
                PULUMI_SKIP_UPDATE_CHECK: "true",
            },
        },
    };
}

function secret(): string {
    return randomBytes(24).toString("base64url");
}
