import { spawn } from "node:child_process";
import { openRun } from "../../local/run.ts";

// A process that opens a run, starts a process of it, says which, and waits to be killed.
const run = await openRun(() => undefined);
const worker = spawn("sleep", ["600"], { detached: true, stdio: "ignore", env: { ...process.env, ...run.env } });
process.stdout.write(`${JSON.stringify({ dir: run.dir, worker: worker.pid })}\n`);
setInterval(() => undefined, 60_000);
