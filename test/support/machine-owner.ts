import { startMachine } from "../../local/machine/start.ts";
import { openNetwork } from "../../local/network.ts";
import { openRun } from "../../local/run.ts";

// A process that opens a run, says its folder, starts two machines in turn, says each, and waits to be killed.
const [image = "", authorizedKey = ""] = process.argv.slice(2);
const run = await openRun(() => undefined);
const network = await openNetwork(run, () => undefined);
process.stdout.write(`${run.dir}\n`);
for (const [i, name] of ["first", "second"].entries()) {
    const storage = i === 0 ? "disk" : "memory";
    await startMachine({ run, name, image, address: network.host(10 + i), authorizedKey, storage });
    process.stdout.write(`${name}\n`);
}
setInterval(() => undefined, 60_000);
